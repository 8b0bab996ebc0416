declare module "virtual:more-texts-*" {
  const texts: Partial<Record<import("./en").MessageId, string>>;
  export default texts;
}
