import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defaultClientConditions } from "vite";
import { defineConfig } from "vitest/config";
import { parsedDescriptor } from "./scripts/descriptor.ts";
import { emojiData } from "./scripts/emoji.ts";
import { withoutHtml } from "./scripts/no-html.ts";
import { laterTexts, parsedTexts } from "./scripts/texts.ts";
import { serviceWorker } from "./scripts/worker.ts";

const server = process.env["PARLOR_SERVER"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [
    react(),
    tailwindcss(),
    emojiData(),
    parsedDescriptor(),
    laterTexts(),
    parsedTexts(),
    withoutHtml(),
    serviceWorker(),
  ],
  // The client's sources, not what is published of it.
  resolve: { conditions: ["parlor-source", ...defaultClientConditions] },
  build: {
    // The page's policy allows no data: URLs, and every target knows preload.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  server: {
    proxy: { "/api": { target: server, changeOrigin: true, headers: { origin: server } } },
  },
  test: {
    environment: "happy-dom",
    setupFiles: ["test/setup.ts"],
    include: ["{src,client/src}/**/*.test.{ts,tsx}"],
    testTimeout: 5_000,
  },
});
