import { expect, test } from "vitest";
import { bytesToId, idToBytes, newId } from "./id.js";

test("ids go to the wire and back", () => {
  const id = newId();
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(bytesToId(idToBytes(id))).toBe(id);
  expect(newId()).not.toBe(id);
  expect(() => idToBytes("not an id")).toThrow(TypeError);
});
