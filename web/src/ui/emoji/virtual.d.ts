declare module "virtual:emoji-*" {
  const set: import("./names").EmojiSet;
  export default set;
}
