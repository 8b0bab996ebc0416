// Programs started by a test never outlive it, however it ends.

const alive = new Set();

process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});
// The test runner stops a test that takes too long with SIGTERM.
process.once("SIGTERM", () => process.exit(1));
process.once("SIGINT", () => process.exit(1));

/** Takes charge of a child process, and returns it. */
export function mine(child) {
  alive.add(child);
  child.once("exit", () => alive.delete(child));
  return child;
}
