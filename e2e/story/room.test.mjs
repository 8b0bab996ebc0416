// The story of the product: four people on three lanes in one room, and a server that dies.

import assert from "node:assert/strict";
import { until } from "../lib/wait.mjs";
import { story } from "../lib/world.mjs";

story("four clients talk in one room, and kill -9 costs them nothing", async (world) => {
  const { ada, ben } = await world.together();

  await ada.say("hello from ada");
  await ben.sees("hello from ada");
  await ben.say("hello from ben");
  await ada.sees("hello from ben");

  const talk = world.talk("celadon", ["--follow"]);
  await talk.listens();
  const dora = await world.person("dora", { lane: "websocket" });
  await dora.register();
  await dora.join("celadon");
  await dora.onLane("websocket");

  const everyone = [ada, ben, dora];
  const heard = [];
  const hears = async (text) => {
    heard.push(text);
    await Promise.all(everyone.map((person) => person.sees(text)));
    await until(`talk prints "${text}"`, () => talk.lines.includes(text));
  };

  talk.say("hello from the terminal");
  await hears("hello from the terminal");
  await dora.say("hello from dora, 用 WebSocket");
  await hears("hello from dora, 用 WebSocket");

  // All at once: the order is the server's, and the same for everyone.
  await Promise.all([
    ada.say("at once: ada"),
    ben.say("at once: ben"),
    dora.say("at once: dora"),
    talk.say("at once: terminal"),
  ]);
  for (const name of ["ada", "ben", "dora", "terminal"]) await hears(`at once: ${name}`);
  await allAgree();

  await world.server.kill();
  await ada.say("written while the server was dead");
  await world.server.start();
  await hears("written while the server was dead");
  await Promise.all(everyone.map((person) => person.onLane(person === dora ? "websocket" : "webtransport")));
  await allAgree();

  for (const person of everyone) {
    await person.say(`${person.name} again`);
    await hears(`${person.name} again`);
  }
  talk.say("terminal again");
  await hears("terminal again");
  await allAgree();

  // A page loaded anew shows the same room.
  await ben.page.reload();
  await ben.sees("terminal again");
  await allAgree();

  talk.input.end();

  /** Every screen and the terminal show what the server has, in its order, each once. */
  async function allAgree() {
    const truth = await world.history(ada);
    for (const [before, after] of pairs(truth)) {
      assert.ok(BigInt(before.seq) < BigInt(after.seq), `${before.seq} before ${after.seq}`);
    }
    for (const person of everyone) {
      assert.deepEqual(await person.timeline(), truth, `the screen of ${person.name}`);
    }
    const order = truth.map(({ text }) => text).filter((text) => heard.includes(text));
    assert.deepEqual(talk.lines, order, "the terminal");
    assert.equal(new Set(order).size, heard.length, "every message once");
  }
});

function pairs(list) {
  return list.slice(1).map((after, index) => [list[index], after]);
}
