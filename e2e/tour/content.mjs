// A pottery that talks in Parlor: who is in it, and what they said.

import { tone } from "../lib/pictures.mjs";
import { Rest } from "../lib/rest.mjs";

const LONG = `I went through all nine tests again with the light box, and wrote down what I saw before I looked at the recipes, so that I would not see what I wanted to see. Number four is the one. It breaks over the edge as it should, it pools without running, and the colour holds in the shade, where the others turn grey.

What we still do not know is how it behaves on the tall pieces. The old kiln is 15 °C hotter at the top than at the bottom, and this glaze has perhaps ten degrees of room. I would fire one shelf of seconds first, with cones on every level, and only then the order for Lindqvist & Daughters.`;

const CODE = `The controller holds the top for too long. This is the loop:

\`\`\`rust
fn next_target(minutes: u32, program: &Program) -> Celsius {
    let step = program.step_at(minutes);
    // A soak ends by the clock, not by the temperature.
    step.from + step.rise_per_hour * minutes.into() / 60
}
\`\`\`

\`rise_per_hour\` is **per hour**, and the soak counts minutes.`;

const TABLE = `What came out of the kiln:

| test | glaze | top | verdict |
|--|--|--|--|
| 3 | ash and feldspar | 1260 °C | too thin |
| 4 | the same, 2 % iron | 1260 °C | **this one** |
| 5 | the same, 3 % iron | 1265 °C | runs |

- [x] cones on every shelf
- [ ] one shelf of seconds
- [ ] ask 晓雯 about the clay`;

async function avatar(person, picture) {
  const { id } = await person.upload("avatar", picture);
  await person.put("/me/avatar", { upload_id: id });
}

/** Says something in a room, in reply to something perhaps; returns its seq. */
async function say(person, room, text, replyTo) {
  const { seq } = await person.post(`/rooms/${room}/messages`, {
    text,
    ...(replyTo !== undefined && { reply_to: replyTo }),
  });
  return seq;
}

const react = (person, room, seq, emoji) =>
  person.put(`/rooms/${room}/messages/${seq}/reactions/${encodeURIComponent(emoji)}`);

/** Makes all of it on a new server. Ada is the one who looks; she has read some and not all. */
export async function furnish(server, art) {
  const people = {};
  for (const [name, shown, more] of [
    ["ada", "Ada Okafor", { status_text: "At the wheel until four", status_emoji: "🏺" }],
    ["ben", "Ben Lindqvist", { status_text: "On the way", status_emoji: "🚲" }],
    ["xiaowen", "林晓雯", { status_text: "在调釉", status_emoji: "🎨" }],
    ["maxi", "Maximiliane Oberhuber-Castellanos", {}],
    ["tomas", "Tomás", {}],
    ["chen", "陈师傅", { status_text: "Back on Monday 周一回来", status_emoji: "🌴" }],
  ]) {
    const person = new Rest(server);
    const { user } = await person.register(name, { display_name: shown });
    person.id = user.id;
    if (more.status_text !== undefined) await person.patch("/me", more);
    if (art[name] !== undefined) await avatar(person, art[name]);
    people[name] = person;
  }
  const { ada, ben, xiaowen, maxi, tomas, chen } = people;

  const everybody = [ben, xiaowen, maxi, tomas, chen];
  const design = await ada.room("design", [], { topic: "Shapes, glazes, and what the autumn order needs" });
  const general = await ben.room("general", [], { topic: "Everything else" });
  const kiln = await ada.room("kiln", [], { topic: "Who fires what, and when", visibility: "private" });
  const glazes = await xiaowen.room("釉料", [], { topic: "配方、试片和烧成记录" });
  const recipes = await maxi.room("glaze-tests-and-recipes-autumn-2026", [], { topic: "Numbers only" });
  const ops = await tomas.room("ops", [], { topic: "The shop, the van, the website" });
  await chen.room("clay-and-where-it-comes-from", [], { topic: "Pits, sacks and prices" });
  await tomas.room("bicycles", [], { topic: "For those who come by one" });
  const market = await ben.room("spring-market", [], { topic: "It is over" });
  for (const room of [design, general, glazes, recipes, ops]) {
    for (const person of [ada, ...everybody]) await person.post(`/rooms/${room}/join`).catch(() => {});
  }
  for (const name of ["ben", "xiaowen", "tomas"]) await ada.post(`/rooms/${kiln}/members`, { name });

  // What Ada has read.
  await say(ben, design, "Good morning! The tests are out of the kiln, still warm.");
  await ben.share(design, [["test-tiles.jpg", art.tiles]], "All nine, from 0.5 % to 4.5 % iron.");
  const best = await say(
    xiaowen,
    design,
    "第四片最好，釉色像雨过天青。 Number four is the one I would take.",
  );
  await react(ada, design, best, "🎉");
  await react(ben, design, best, "🎉");
  await react(maxi, design, best, "👍");
  await say(maxi, design, LONG, best);
  await say(ada, design, "Then four it is. I will throw the seconds this afternoon.");
  await say(ada, design, "And the order is forty bowls, not thirty: see https://example.org/orders/2117");
  const table = await say(tomas, design, TABLE);
  await ben.put(`/rooms/${design}/pins/${table}`);
  const read = await say(tomas, design, CODE);
  await react(ada, design, read, "👀");
  // And what not.
  await say(ben, design, "That explains the last firing. Can you mend it before Friday?", read);
  await say(xiaowen, design, "下午我带两袋新土过去，大家可以先试小件。");
  await say(xiaowen, design, "@ada 你要不要留一袋？");
  await xiaowen.share(design, [
    ["bowl.jpg", art.bowl],
    ["vase.jpg", art.tall],
    ["firing.jpg", art.curve],
  ]);
  await maxi.share(
    design,
    [
      ["kiln-at-1260.wav", tone(3)],
      ["order-2117-lindqvist-and-daughters-final.pdf", Buffer.from("%PDF-1.4\n")],
    ],
    "How the kiln sounds at the top, and the order as they sent it.",
  );
  await ada.post(`/rooms/${design}/read`, { seq: read });

  await say(ben, general, "The shop is closed on Thursday: stocktaking.");
  const keys = await say(tomas, general, "Who has the keys of the van?");
  await say(chen, general, "在我这儿，下午放回前台。", keys);
  await say(tomas, general, "谢谢 ❤️");
  await say(
    xiaowen,
    general,
    "The new brochure, for you to read before it is printed:\n\n> Bowls for every day, glazed with the ash of our own apple trees.",
  );
  const trees = await say(ben, general, "*Our own* is generous, we have one tree.");
  await react(ada, general, trees, "😂");
  await react(tomas, general, trees, "😂");
  const cake = await say(maxi, general, "There is cake in the glaze room. 有蛋糕！");
  await react(tomas, general, cake, "🍰");
  const last = await say(tomas, general, "Not any more.");
  await ada.post(`/rooms/${general}/read`, { seq: last });
  await say(tomas, ops, "The van is back from the garage.");
  await say(ben, ops, "@ada the card reader needs your code again");
  await say(xiaowen, glazes, "新的草木灰到了，比上一批细。");
  await say(chen, glazes, "先筛一遍再用，别直接配。上次就是没筛，釉面全是小点。");
  await xiaowen.share(glazes, [["test-tiles.jpg", art.tiles]], "刚出窑的试片，从左到右含铁量递增：");
  const asked = await say(ben, glazes, "第四片是多少度烧的？");
  const hot = await say(xiaowen, glazes, "1260 °C，保温二十分钟，还原气氛。", asked);
  await react(ben, glazes, hot, "🔥");
  await react(chen, glazes, hot, "👍");
  await say(
    chen,
    glazes,
    "配方记在这里，明天再试一次：\n\n| 原料 | 份 |\n|--|--|\n| 草木灰 | 40 |\n| 长石 | 40 |\n| 黏土 | 18 |\n| 氧化铁 | 2 |",
  );
  const glazed = await say(ada, glazes, "好，我来称料。");
  await ada.post(`/rooms/${glazes}/read`, { seq: glazed });
  await say(ben, kiln, "I have it on Tuesday night. Who takes the morning?");
  const mine = await say(ada, kiln, "I do.");
  await react(ben, kiln, mine, "🙏");
  await ada.post(`/rooms/${kiln}/read`, { seq: mine });
  const number = await say(maxi, recipes, "Test 4: 40 ash, 40 feldspar, 18 clay, 2 iron.");
  await ada.post(`/rooms/${recipes}/read`, { seq: number });
  await ada.post(`/rooms/${market}/join`);
  await ben.post(`/rooms/${market}/archive`, { archived: true });

  await ada.patch(`/rooms/${design}/preferences`, { favourite: true });
  await ada.patch(`/rooms/${recipes}/preferences`, { notify: "none" });
  await ada.put(`/rooms/${kiln}/draft`, { text: "Tuesday from six, and I bring" });

  const withBen = (await ada.put(`/users/${ben.id}/direct`)).id;
  const withXiaowen = (await xiaowen.put(`/users/${ada.id}/direct`)).id;
  await say(ben, withBen, "Shall I bring the big boards tomorrow?");
  const boards = await say(ada, withBen, "Please. All four, if they fit on the bicycle.");
  await ben.post(`/rooms/${withBen}/read`, { seq: boards });
  await ada.post(`/rooms/${withBen}/read`, { seq: boards });
  await say(xiaowen, withXiaowen, "谢谢你昨天帮我看窑！");

  for (const friend of [ben, xiaowen]) {
    await friend.put(`/users/${ada.id}/friend`);
    await ada.put(`/users/${friend.id}/friend`);
  }
  await maxi.put(`/users/${ada.id}/friend`);
  await ada.put(`/users/${chen.id}/friend`);
  const { code } = await ada.post(`/rooms/${kiln}/invites`, {});
  return { people, code, rooms: { design, general, kiln, glazes, recipes, ops, withBen, withXiaowen } };
}
