// Pages of history as REST gives them.
import type { Message, MessagePage } from "../src/net/rest.js";
import { OTHER } from "./fake-server.js";

export function message(seq: number, text = `text ${seq}`, change: Partial<Message> = {}): Message {
  return {
    seq: `${seq}`,
    author_id: OTHER,
    text,
    mention_ids: [],
    mentions_room: false,
    reply_to: null,
    posted_at: new Date(seq * 1_000).toISOString(),
    edited_at: null,
    deleted: false,
    pinned: false,
    reactions: [],
    attachments: [],
    forwarded: null,
    version: `${seq}`,
    ...change,
  };
}

export function page(messages: Message[], head: number, change: Partial<MessagePage> = {}): MessagePage {
  return {
    messages,
    authors: [
      {
        id: OTHER,
        name: "ben",
        display_name: "Ben",
        status_text: "",
        status_emoji: "",
        avatar: null,
        created_at: "2026-01-01T00:00:00Z",
      },
    ],
    epoch: "1",
    head: `${head}`,
    more_before: false,
    more_after: false,
    ...change,
  };
}
