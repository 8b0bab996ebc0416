// What somebody hostile can write, and what a page must not do with it: rows U1, U2, X1, X3, X4
// and X5.

import assert from "node:assert/strict";
import { Rest } from "../lib/rest.mjs";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

/** Each of these has run in somebody's chat. */
const SCRIPTS = [
  "<script>window.hurt = 1</script>",
  "<img src=x onerror='window.hurt = 1'>",
  "<svg/onload=window.hurt=1>",
  "<svg><animate onbegin=window.hurt=1 attributeName=x dur=1s>",
  "<iframe srcdoc='<script>parent.hurt=1</script>'></iframe>",
  "<details open ontoggle=window.hurt=1>",
  "<math><mtext></form><form><mglyph><style></math><img src onerror=window.hurt=1>",
  "<noscript><p title='</noscript><img src=x onerror=window.hurt=1>'>",
  '"><script>window.hurt = 1</script>',
  "{{constructor.constructor('window.hurt=1')()}}",
];
const LINKS = [
  "[a](javascript:window.hurt=1)",
  "[b](JaVaScRiPt:window.hurt=1)",
  "[c](java\tscript:window.hurt=1)",
  "[d](&#106;avascript:window.hurt=1)",
  "[e](data:text/html,<script>window.hurt=1</script>)",
  "[f](vbscript:window.hurt=1)",
  "[g](file:///etc/passwd)",
  "[h](//elsewhere.example/h)",
  "[i](https://elsewhere.example/ 'x\" onmouseover=\"window.hurt=1')",
  "<javascript:window.hurt=1>",
  '<https://elsewhere.example/"onclick=window.hurt=1>',
  "![pixel](https://elsewhere.example/pixel.gif)",
  "![p][q]\n\n[q]: javascript:window.hurt=1",
];

/** Watches a page for all that it must not do. */
async function watch(person) {
  const seen = { dialogs: [], violations: [], foreign: [] };
  const host = new URL(person.url).host;
  person.page.on("dialog", (dialog) => {
    seen.dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  person.page.on("request", (request) => {
    const url = new URL(request.url());
    const ours = url.host === host || ["data:", "blob:"].includes(url.protocol);
    if (!ours) seen.foreign.push(request.url());
  });
  await person.page.exposeFunction("toldViolation", (text) => seen.violations.push(text));
  await person.page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) =>
      window.toldViolation(`${event.effectiveDirective} ${event.blockedURI}`),
    );
  });
  return seen;
}

/** Somebody who is watched, and has all of a room on the screen. */
async function reader(world, room) {
  const ada = await world.person("ada");
  const seen = await watch(ada);
  await ada.register();
  const { page } = ada;
  await page.goto(`${ada.url}/rooms/${room}`);
  await page.getByTestId("join-room").click();
  await ada.sees("the last of them");
  return { ada, seen, page };
}

story("X1 X3 no text runs, loads or leads anywhere but to the web", async (world) => {
  const server = await world.serve();
  const eve = new Rest(server);
  const names = { display_name: "<img src=x onerror=hurt=1>" };
  await eve.register("eve", names);
  const name = "<script>window.hurt=1</script>";
  const texts = [...SCRIPTS, ...LINKS, "the last of them"];
  const room = await eve.room(name, texts, { topic: "<svg onload=window.hurt=1>" });

  const { ada, seen, page } = await reader(world, room);
  assert.equal((await ada.timeline()).length, texts.length, "all of it is shown");
  await page.locator("main header [aria-expanded]").first().click();
  await page.getByTestId("members-panel").getByText(names.display_name).waitFor();
  assert.ok((await page.title()).startsWith(name));

  // Whatever is pointed at and clicked, nothing of it happens.
  const links = page.locator("[data-testid=message-text] a");
  for (const link of await links.all()) {
    await link.hover();
    const { href, rel, target, attributes } = await link.evaluate((a) => ({
      href: a.href,
      rel: a.rel,
      target: a.target,
      attributes: a.getAttributeNames(),
    }));
    assert.match(href, /^(https?|mailto):/);
    assert.ok(rel.split(" ").includes("noopener") && target === "_blank", `${href}: ${rel} ${target}`);
    assert.deepEqual(
      attributes.filter((attribute) => attribute.startsWith("on")),
      [],
    );
  }
  const strange = "script, img, iframe, object, embed, form, style, link, meta, base, details, math";
  assert.equal(await page.locator("[data-testid=message-text]").locator(strange).count(), 0);
  assert.equal(await page.evaluate(() => window.hurt), undefined);
  assert.deepEqual(seen, { dialogs: [], violations: [], foreign: [] });
});

story("X3 no address of ours leads to somebody else's", async (world) => {
  const server = await world.serve();
  const paths = [
    "//elsewhere.example",
    "//elsewhere.example/%2e%2e",
    "/%2f%2felsewhere.example",
    "/\\\\elsewhere.example",
    "/?next=https://elsewhere.example",
    "/rooms/x?redirect=//elsewhere.example",
    "/api/docs?url=https://elsewhere.example",
    "//elsewhere.example/api/docs",
    "/invite/%2f%2felsewhere.example",
  ];
  for (const path of paths) {
    const answer = await fetch(server.url + path, { redirect: "manual" });
    const leads = new URL(answer.headers.get("location") ?? "/", server.url + path);
    assert.equal(leads.host, new URL(server.url).host, path);
  }

  const ada = await world.person("ada");
  const seen = await watch(ada);
  await ada.register();
  await ada.createRoom("celadon");
  await ada.say(`[a](${ada.url}/rooms//elsewhere.example) [b](${ada.url}/rooms/x/https://elsewhere.example)`);
  const links = ada.page.locator("[data-testid=message-text] a");
  await links.nth(1).waitFor();
  for (const index of [0, 1]) {
    await links.nth(index).click();
    assert.equal(new URL(ada.page.url()).host, new URL(ada.url).host);
    await ada.page.goBack();
    await links.nth(index).waitFor();
  }
  assert.deepEqual(seen.foreign, []);
});

/** What would do harm if it were opened as a page of this server. */
const HOSTILE = [
  [
    "evil.svg",
    `<svg xmlns="http://www.w3.org/2000/svg" onload="window.hurt=1"><script>window.hurt=1</script></svg>`,
  ],
  ["evil.html", "<!doctype html><script>window.hurt=1</script><img src=x onerror='window.hurt=1'>"],
  [
    "evil.xml",
    `<?xml version="1.0"?><x xmlns="http://www.w3.org/1999/xhtml"><script>window.hurt=1</script></x>`,
  ],
  ["evil.pdf", "%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>endobj"],
  ["evil.js", "window.hurt = 1"],
];
/** Names that lead elsewhere, break a header, or say another thing than they are. */
const NAMES = [
  "../../etc/passwd.txt",
  "..\\..\\windows.txt",
  '"; filename="other.txt',
  "<img src=x onerror='window.hurt=1'>.txt",
  "invoice\u202Etxt.exe",
  "名前 файл.txt",
];

story("U1 U2 no uploaded file runs, and no name leads anywhere", async (world) => {
  const server = await world.serve();
  const eve = new Rest(server);
  await eve.register("eve");
  const room = await eve.room("files");
  const files = [];
  for (const [name, text] of HOSTILE) files.push(...(await eve.share(room, [[name, Buffer.from(text)]])));
  for (const name of NAMES) await eve.share(room, [[name, Buffer.from("harmless")]]);
  await eve.post(`/rooms/${room}/messages`, { text: "the last of them" });

  const { ada, seen, page } = await reader(world, room);
  const lines = page.getByTestId("file");
  assert.equal(
    await lines.count(),
    HOSTILE.length + NAMES.length,
    "each is a line to download, none is drawn",
  );

  // Opened directly, each is offered to be kept, and no page comes of it.
  for (const { id, name } of files) {
    const url = `${ada.url}/api/v1/rooms/${room}/files/${id}`;
    const got = page.waitForEvent("download");
    await assert.rejects(page.goto(url), /Download is starting|ERR_ABORTED/, name);
    await (await got).cancel();
    const { status, policy, type, disposition } = await page.evaluate(async (url) => {
      const { status, headers } = await fetch(url);
      const [policy, type, disposition] = [
        "content-security-policy",
        "x-content-type-options",
        "content-disposition",
      ].map((header) => headers.get(header));
      return { status, policy, type, disposition };
    }, url);
    assert.equal(status, 200, name);
    assert.match(policy, /sandbox/);
    assert.equal(type, "nosniff");
    assert.match(disposition, /^attachment/);
    // Nor does it run inside of our own page, however it is put there.
    const ran = await page.evaluate(async (url) => {
      const settled = (element, into) =>
        new Promise((done) => {
          element.onload = done;
          element.onerror = done;
          setTimeout(done, 500);
          into.append(element);
        });
      await settled(Object.assign(new Image(), { src: url }), document.body);
      return window.hurt;
    }, url);
    assert.equal(ran, undefined, name);
  }
  for (const line of await lines.all()) {
    // What the browser is told to call it; that it does keep a file is another story.
    const name = await line.getByTestId("download").getAttribute("download");
    const strange = [...name].filter((char) => char < " " || "/\\\u202e".includes(char));
    assert.deepEqual(strange, [], `kept as ${JSON.stringify(name)}`);
  }
  assert.equal(await page.evaluate(() => window.hurt), undefined);
  assert.deepEqual(seen.dialogs, []);
  assert.deepEqual(seen.foreign, []);
});

story("X4 no script can read a token", async (world) => {
  await world.serve();
  const ada = await world.person("ada");
  const tokens = new Set();
  await ada.page.route(/\/api\/v1\/(register|refresh|login)$/, async (route) => {
    const response = await route.fetch();
    const session = await response.json();
    tokens.add(session.access_token);
    assert.equal(session.refresh_token, undefined, "it went into the cookie");
    await route.fulfill({ response });
  });
  await ada.register();
  await ada.createRoom("kept");
  await ada.say("something to keep");
  await ada.sees("something to keep");
  await ada.page.reload();
  await ada.sees("something to keep");
  await until("the page has got its tokens", () => tokens.size >= 2);

  const scan = async () => {
    const all = [JSON.stringify(localStorage), JSON.stringify(sessionStorage), document.cookie];
    all.push(location.href, JSON.stringify(history.state), window.name);
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => resolve(opening.result);
        opening.onerror = () => reject(opening.error);
      });
      for (const store of database.objectStoreNames) {
        const rows = await new Promise((resolve, reject) => {
          const reading = database.transaction(store).objectStore(store).getAll();
          reading.onsuccess = () => resolve(reading.result);
          reading.onerror = () => reject(reading.error);
        });
        all.push(JSON.stringify(rows, (_, value) => (typeof value === "bigint" ? `${value}` : value)));
      }
      database.close();
    }
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) all.push(request.url);
    }
    return all.join("\n");
  };
  // The room is written down a moment after it was shown.
  const kept = await until("the scan sees what is kept", async () => {
    const found = await ada.page.evaluate(scan);
    return found.includes("something to keep") && found;
  });
  const cookies = await ada.page.context().cookies();
  // One that is traded for tokens, and one that pictures and clips are shown for.
  assert.equal(cookies.length, 2);
  for (const { name, httpOnly, sameSite } of cookies)
    assert.deepEqual({ httpOnly, sameSite }, { httpOnly: true, sameSite: "Strict" }, name);
  for (const token of [...tokens, ...cookies.map(({ value }) => value)]) {
    assert.ok(token.length > 20);
    assert.ok(!kept.includes(token), "a token is where scripts can read it");
  }
});

story("X5 no text breaks the page, and a long history is not all drawn", async (world) => {
  const server = await world.serve();
  const eve = new Rest(server);
  await eve.register("eve");
  const zalgo = `Z${"\u0335\u0321\u034e".repeat(200)}algo`;
  const line = "w".repeat(16_000);
  const many = Array.from({ length: 250 }, (_, index) => `message ${index}`);
  const room = await eve.room("long", [...many, line, zalgo, "字".repeat(5_000), "the last of them"]);

  const viewport = { width: 390, height: 844 };
  const ada = await world.person("ada", { viewport });
  await ada.register();
  const { page } = ada;
  await page.goto(`${ada.url}/rooms/${room}`);
  await page.getByTestId("join-room").click();
  await ada.sees("the last of them");
  for (let pages = 0; pages < 12; pages += 1) {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= viewport.width, `the page is ${wide} px wide`);
    const drawn = await page.getByTestId("message").count();
    assert.ok(drawn < 100, `${drawn} messages are drawn at once`);
    await page.getByTestId("timeline").evaluate((timeline) => {
      const scroller = [timeline, ...timeline.querySelectorAll("*"), timeline.parentElement].find(
        (element) => element.scrollHeight > element.clientHeight + 50,
      );
      scroller.scrollBy(0, -2 * scroller.clientHeight);
    });
    await page.evaluate(
      () => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))),
    );
  }
  // The zalgo stays within a line or two of its own.
  const box = await page.getByTestId("composer").boundingBox();
  assert.ok(box.y + box.height <= viewport.height, "the composer is still there");
});

/** Enough for the longest message there may be, and for a history of years. */
const HISTORY = 100_000;

story("X5 a history of 100,000 messages is read and written in frames of less than 100 ms", async (world) => {
  const server = await world.serve();
  const eve = new Rest(server);
  await eve.register("eve");
  const room = await eve.room("years", ["the newest of them"]);
  const ada = await world.person("ada", { viewport: { width: 1280, height: 800 } });
  await ada.register();
  let { page } = ada;
  await page.goto(`${ada.url}/rooms/${room}`);
  await page.getByTestId("join-room").click();
  await ada.sees("the newest of them");
  // As this device keeps a room: what is older comes before the one message that was said. A tab that
  // is left keeps what it has once more, so it is closed before, and does not.
  await until("the room is kept", () => page.evaluate(keep, { room, count: 0 }));
  const context = page.context();
  await page.close();
  page = await context.newPage();
  await page.goto(`${ada.url}/icon.svg`);
  assert.ok(await page.evaluate(keep, { room, count: HISTORY }));
  await page.goto(`${ada.url}/rooms/${room}`);
  await page.getByText(`said ${HISTORY - 1}`, { exact: true }).waitFor();

  // In time of the page's own thread: what else runs on this machine does not count.
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const busy = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "TaskDuration").value * 1_000;
  };
  /** What the page did for an act, in milliseconds: no frame of it can have been longer. */
  const costs = async (act) => {
    const before = await busy();
    await act();
    return Math.round((await busy()) - before);
  };
  const received = [];
  for (let line = 0; line < 7; line += 1) {
    const act = async () => {
      await eve.post(`/rooms/${room}/messages`, { text: `and now ${line}` });
      await page.getByText(`and now ${line}`, { exact: true }).waitFor();
    };
    received.push(await costs(act));
  }
  const typed = await costs(() => page.getByTestId("composer").pressSequentially("w"));
  await page.getByTestId("timeline").hover();
  const drawn = () =>
    page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const scrolled = await costs(async () => {
    await page.mouse.wheel(0, -900);
    await drawn();
  });
  console.log(`# ms of the page's thread: received ${received}, typed ${typed}, scrolled ${scrolled}`);
  assert.ok((await page.getByTestId("message").count()) < 100, "what is out of sight is not drawn");
  const middle = received.toSorted((a, b) => a - b)[3];
  assert.ok(Math.max(middle, typed, scrolled) < 100, `${middle}, ${typed} and ${scrolled} ms`);
});

/** Puts older messages before those that are kept of a room; false while it is not kept. */
async function keep({ room, count }) {
  const [{ name }] = await indexedDB.databases();
  const done = (request) =>
    new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const database = await done(indexedDB.open(name));
  try {
    const store = database.transaction("logs", "readwrite").objectStore("logs");
    const kept = await done(store.get(room));
    const [last] = kept?.entries.filter(({ kind }) => kind === "message") ?? [];
    if (last === undefined) return false;
    const older = Array.from({ length: count }, (_, index) => ({
      ...last,
      // Between 0 and 1, where no event is.
      seq: (index + 1) / (count + 1),
      text: `said ${index}`,
      at: last.at - (count - index) * 60_000,
    }));
    await done(store.put({ ...kept, entries: [...older, ...kept.entries], moreBefore: false }, room));
    return true;
  } finally {
    database.close();
  }
}
