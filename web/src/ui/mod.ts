/** The key that commands are given with, as this machine's keyboard has it. */
export const MOD = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";
/** The same with another key. */
export const withMod = (key: string) => (MOD === "⌘" ? `⌘${key}` : `${MOD} ${key}`);
