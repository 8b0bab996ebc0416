/** What people answer with most. */
export const COMMON: readonly string[] = "👍 ❤️ 😂 🎉 👀 🙏 ✅ 🚀".split(" ");
