// A newcomer's first five minutes, told once and lived three times: with a pointer, with keys
// alone, and in Chinese. What Ada does, Ben sees on a browser of his own.

import assert from "node:assert/strict";
import { bytes, drawn, picture, receives, seesScreenshot } from "../lib/files.mjs";
import { Person } from "../lib/person.mjs";
import { Rest } from "../lib/rest.mjs";
import { Typist } from "../lib/typist.mjs";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

/** Who they are and what they say to each other. The kiln stands before all other rooms in the list,
    where a device that opened one by itself would begin. */
const SAYS = {
  en: {
    ada: "ada",
    ben: "ben",
    kiln: "atelier",
    tea: "teahouse",
    hello: "hello, I am new here",
    plan: "the plan, and what it says",
    question: "shall we fire on Friday?",
    answer: "yes, on Friday",
    better: "yes, on Friday at noon",
    party: "party popper",
    called: "will you light it?",
    toBen: "hello ben, just us two",
    toAda: "hello ada, good to have you",
    waiting: ["written on the train", "and in the tunnel"],
    meanwhile: "the wood has come",
    after: ["who brings cups?", "we have six", "that is enough"],
    more: ["the fire is lit", "it is hot enough", "come and look"],
    evening: "closed this evening",
  },
  zh: {
    ada: "小艾",
    ben: "阿本",
    kiln: "阿窑",
    tea: "茶馆",
    letters: "dajiahao",
    hello: "大家好，我是新来的",
    plan: "这是图纸和说明",
    question: "我们星期五烧窑吗？",
    answer: "好，星期五",
    better: "好，星期五中午",
    party: "拉炮彩带",
    called: "你来点火好吗？",
    toBen: "阿本你好，这里只有我们两个",
    toAda: "小艾你好，欢迎你来",
    waiting: ["在火车上写的", "在隧道里写的"],
    meanwhile: "木柴到了",
    after: ["谁带杯子？", "我们有六个", "够了"],
    more: ["火点着了", "温度够了", "快来看"],
    evening: "今晚关门",
  },
};
/** What Ada looks for, and in which message it stands: Chinese in both languages. */
const WORD = "龙井";
const SENTENCE = "我们明天早上喝龙井茶";

/** Where the story takes place, and who is in it. */
async function beginning(world, { As, language }) {
  const url = await world.serveBesideRelay();
  const says = SAYS[language.slice(0, 2)];
  const owner = new Rest(world.server);
  await owner.register(says.ben);
  const isPrivate = { visibility: "private" };
  const kiln = await owner.room(says.kiln, [], isPrivate);
  const tea = await owner.room(says.tea, [], isPrivate);
  const { code } = await owner.post(`/rooms/${kiln}/invites`, {});
  const person = (name, at) => world.person(name, { As, language, url: at, ownBrowser: true });
  const ben = await person(says.ben);
  await ben.signIn();
  await ben.enter(says.kiln);
  const ada = await person(says.ada, url);
  return { world, says, owner, kiln, tea, person, ada, ben, invite: `${url}/invite/${code}` };
}

async function fiveMinutes(world, how) {
  const scene = await beginning(world, how);
  const chapters = [
    comesIn,
    saysHello,
    sharesFiles,
    answersAndReacts,
    switchesRooms,
    makesAFriend,
    talksAlone,
    losesTheNetwork,
    findsAWord,
    takesAnotherDevice,
  ];
  for (const chapter of chapters) {
    const from = performance.now();
    await chapter(scene);
    for (const person of world.people) await person.looksRound();
    console.log(`# ${chapter.name}: ${Math.round(performance.now() - from)} ms`);
  }
  for (const { console: lines } of world.people)
    assert.deepEqual(
      lines.filter((line) => /page error|content.security|violat/i.test(line)),
      [],
    );
}

/** Both have on their screens what the server has, in its order. */
async function agree({ world, ada, ben }) {
  const truth = await world.history(ben);
  for (const person of [ada, ben])
    await until(`${person.name} has the same messages`, async () => {
      assert.deepEqual(await person.timeline(), truth);
      return true;
    });
  return truth;
}

const unreadIs = (person, expected) =>
  until(`what is unread for ${person.name}`, async () => {
    const unread = await person.unread();
    for (const [room, counts] of Object.entries(expected)) assert.deepEqual(unread[room], counts);
    return true;
  });

/** The link says where it leads, and registering at it leads there. */
async function comesIn({ ada, ben, says, owner, kiln, tea, invite }) {
  await ada.page.goto(invite);
  await ada.reads("invite.by", { name: says.ben });
  await ada.page.getByRole("heading", { name: says.kiln }).waitFor();
  await ada.looksRound();
  await ada.register(invite);
  await ada.isIn(says.kiln);
  assert.equal(new URL(ada.page.url()).pathname, `/rooms/${kiln}`);
  await ben.reads("system.joined", { user: says.ada });
  await owner.post(`/rooms/${tea}/members`, { name: says.ada });
  await Promise.all([ada, ben].map((person) => person.room(says.tea).waitFor()));
}

async function saysHello(scene) {
  const { ada, ben, says } = scene;
  if (says.letters === undefined) await ada.say(says.hello);
  else {
    // The Enter of an input method sends nothing.
    await ada.compose(says.letters, says.hello);
    assert.deepEqual(await ada.timeline(), []);
    await ada.page.keyboard.press("Enter");
  }
  await ben.sees(says.hello);
  await ada.sees(says.hello);
  const truth = await agree(scene);
  assert.deepEqual(
    truth.map(({ text, state }) => [text, state]),
    [[says.hello, "sent"]],
  );
}

async function sharesFiles(scene) {
  const { ada, ben, says } = scene;
  const report = bytes("report.bin", 50_000);
  await ada.share([picture("plan.png", 640, 400), report], says.plan);
  await ben.sees(says.plan);
  await drawn(ben, 1);
  await receives(ben, report);

  await ada.shareScreenshot(picture("image.png", 300, 200));
  await Promise.all([drawn(ada, 2), drawn(ben, 2)]);
  await seesScreenshot(ben, ada);
  await agree(scene);
}

async function answersAndReacts(scene) {
  const { ada, ben, says, kiln } = scene;
  await ben.say(says.question);
  await ada.sees(says.question);
  await ada.answer(says.question, says.answer);
  for (const person of [ada, ben]) {
    await person.sees(says.answer);
    await person.row(says.answer).getByTestId("quote").getByText(says.question).waitFor();
  }

  await ada.react(says.question);
  await ada.react(says.question, says.party, "🎉");
  const both = (isOwn) => ["👍", "🎉"].map((emoji) => [emoji, "1", `${isOwn}`]);
  await ada.seesReactions(says.question, both(true));
  await ben.seesReactions(says.question, both(false));

  await ada.edit(says.answer, says.better);
  for (const person of [ada, ben]) {
    await person.sees(says.better);
    await person.row(says.better).getByText(person.words("timeline.edited"), { exact: true }).waitFor();
  }

  // Ben looks elsewhere, and is called back.
  await ben.enter(says.tea);
  await ada.mention(says.ben.slice(0, 1), says.ben, says.called);
  const calling = `@${says.ben} ${says.called}`;
  await ada.sees(calling);
  await unreadIs(ben, { [kiln]: [1, 1] });
  await ben.enter(says.kiln);
  await ben.row(calling).getByText(ben.words("timeline.callsYou")).waitFor();
  await unreadIs(ben, { [kiln]: [0, 0] });
  await agree(scene);
}

/** With keys in every telling. */
async function switchesRooms({ ada, ben, says, kiln }) {
  const { keyboard } = ada.page;
  const rooms = Object.keys(await ada.unread());
  const below = rooms[(rooms.indexOf(kiln) + 1) % rooms.length];
  await keyboard.press("Alt+ArrowDown");
  await ada.page.waitForURL(`**/rooms/${below}`);
  await keyboard.press("Alt+ArrowUp");
  await ada.isIn(says.kiln);
  await ada.switchTo(says.tea);
  // What is begun in a room waits there, for her alone.
  await keyboard.type(says.meanwhile);
  await ada.switchTo(says.kiln);
  await ada.room(says.tea).getByText(ada.words("rooms.draft")).waitFor();
  await ada.switchTo(says.tea);
  assert.equal(await ada.page.getByTestId("composer").inputValue(), says.meanwhile);
  await keyboard.press("ControlOrMeta+a");
  await keyboard.press("Delete");
  assert.equal(await ben.room(says.tea).getAttribute("data-unread"), "0");
}

async function makesAFriend({ ada, ben, says }) {
  await ada.befriend(says.ben);
  await ada.line("people-requested", says.ben).waitFor();
  const asked = ben.page.getByTestId("waiting-requests").locator("visible=true");
  await until("ben is asked", async () => (await asked.textContent()) === "1");
  await ben.accept(says.ada);
  await Promise.all([
    ada.line("people-friends", says.ben).waitFor(),
    ben.line("people-friends", says.ada).waitFor(),
  ]);
  assert.equal(await asked.count(), 0);
}

async function talksAlone(scene) {
  const { ada, ben, says } = scene;
  await ada.talkTo(says.ben);
  await ada.say(says.toBen);
  await ada.sees(says.toBen);
  await until("it waits for ben", async () => (await ben.room(says.ada).getAttribute("data-unread")) === "1");
  await ben.enter(says.ada);
  await ben.sees(says.toBen);
  await ben.say(says.toAda);
  await ada.sees(says.toAda);
  // She has it before her eyes, and he sees that.
  await ben.row(says.toAda).getByText(ben.words("timeline.read")).waitFor();
  await agree(scene);
  scene.direct = await ada.roomId(says.ben);
}

async function losesTheNetwork(scene) {
  const { world, ada, ben, says, kiln, tea } = scene;
  await Promise.all([ada.enter(says.kiln), ben.enter(says.kiln)]);
  const offline = async (isOffline) => {
    world.relay.dropUdp = isOffline;
    await ada.page.context().setOffline(isOffline);
  };
  await offline(true);
  await until("ada is told", async () => (await ada.connection()).state === "offline");
  await ada.reads("conn.offline");
  for (const text of says.waiting) await ada.say(text);
  await until("both wait", async () => {
    const last = (await ada.timeline()).slice(-2);
    assert.deepEqual(
      last.map(({ text, state }) => [text, state]),
      says.waiting.map((text) => [text, "queued"]),
    );
    return true;
  });
  await ada.reads("timeline.queued");

  await ben.say(says.meanwhile);
  await ben.sees(says.meanwhile);
  const his = (await ben.timeline()).map(({ text }) => text);
  assert.equal(his.at(-1), says.meanwhile);
  await ben.enter(says.tea);
  await ben.say(SENTENCE);
  await ben.mention(says.ada.slice(0, 1), says.ada, says.after[0]);
  for (const text of says.after.slice(1)) await ben.say(text);
  await ben.sees(says.after.at(-1));
  await unreadIs(ada, { [kiln]: [0, 0], [tea]: [0, 0] });
  assert.ok(!(await ada.timeline()).some(({ text }) => text === says.meanwhile), "nothing comes through");

  await offline(false);
  for (const text of [...says.waiting, says.meanwhile]) await ada.sees(text);
  await unreadIs(ada, { [kiln]: [0, 0], [tea]: [4, 1] });
  await until("her title counts", async () => (await ada.page.title()).startsWith(`(4) ${says.kiln}`));
  await unreadIs(ben, { [kiln]: [2, 0] });
  await ben.enter(says.kiln);
  const truth = await agree(scene);
  assert.deepEqual(
    truth.slice(-3).map(({ text }) => text),
    [says.meanwhile, ...says.waiting],
  );
}

async function findsAWord(scene) {
  const { ada, ben, says, tea } = scene;
  assert.deepEqual(await ada.find(WORD), [WORD]);
  await ada.isIn(says.tea);
  const found = ada.row(SENTENCE);
  await until("it has the focus", () => found.evaluate((message) => message === document.activeElement));
  await ada.page.locator("[data-marked]").getByText(SENTENCE).waitFor();
  await ben.enter(says.tea);
  const truth = await agree(scene);
  assert.equal(truth.at(-4).text, SENTENCE, "it was said three messages ago");
  await unreadIs(ada, { [tea]: [0, 0] });
}

async function takesAnotherDevice(scene) {
  const { world, ada, ben, says, kiln, tea, direct, person } = scene;
  await ada.enter(says.ben);
  await ben.enter(says.kiln);
  const [first, ...others] = says.more;
  await ben.say(first);
  await ben.mention(says.ada.slice(0, 1), says.ada, others[0]);
  await ben.say(others[1]);
  await ben.sees(others[1]);
  const kilnAt = (await world.history(ben)).at(-3).seq;
  await ben.enter(says.tea);
  await ben.say(says.evening);
  await ben.sees(says.evening);
  const teaAt = (await world.history(ben)).at(-1).seq;
  const unread = { [kiln]: [3, 1], [tea]: [1, 0], [direct]: [0, 0] };
  await unreadIs(ada, unread);

  const second = await person(says.ada);
  await second.signIn();
  await unreadIs(second, unread);
  await until("both titles count the same", async () => {
    const titles = await Promise.all([ada, second].map(({ page }) => page.title()));
    return titles.every((title) => title.startsWith("(4) "));
  });
  assert.deepEqual(await second.unread(), await ada.unread());

  // What is read on one is read on the other, and each finds the place where it has to begin.
  await second.enter(says.kiln);
  await second.sees(others[1]);
  assert.equal(await second.divider(), kilnAt);
  await unreadIs(ada, { [kiln]: [0, 0], [tea]: [1, 0] });
  await ada.enter(says.tea);
  await ada.sees(says.evening);
  assert.equal(await ada.divider(), teaAt);
  await unreadIs(second, { [kiln]: [0, 0], [tea]: [0, 0] });
  await agree(scene);
}

story("the newcomer's five minutes, with a pointer", (world) =>
  fiveMinutes(world, { As: Person, language: "en-US" }),
);

story("the newcomer's five minutes, with keys alone", async (world) => {
  await fiveMinutes(world, { As: Typist, language: "en-US" });
  for (const person of world.people) assert.ok(await person.usedKeysAlone(), person.name);
});

story("the newcomer's five minutes, in Chinese", (world) =>
  fiveMinutes(world, { As: Person, language: "zh-CN" }),
);
