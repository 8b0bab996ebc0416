// Markdown to React elements. No HTML string exists anywhere: what looks like
// HTML is text, and links lead only where a link may lead.
import type { Nodes, Parents, Root, Table, TableRow } from "mdast";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmAutolinkLiteralFromMarkdown } from "mdast-util-gfm-autolink-literal";
import { gfmStrikethroughFromMarkdown } from "mdast-util-gfm-strikethrough";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmTaskListItemFromMarkdown } from "mdast-util-gfm-task-list-item";
import { cjkFriendlyExtension } from "micromark-extension-cjk-friendly";
import { gfmAutolinkLiteral } from "micromark-extension-gfm-autolink-literal";
import { gfmStrikethrough } from "micromark-extension-gfm-strikethrough";
import { gfmTable } from "micromark-extension-gfm-table";
import { gfmTaskListItem } from "micromark-extension-gfm-task-list-item";
import { pieces } from "parlor-client/sync/mentions";
import { createElement, Fragment, memo, type ReactNode } from "react";
import { Link } from "wouter";
import { Code } from "./Code";
import { TaskMark } from "./TaskMark";

const options = {
  extensions: [
    gfmAutolinkLiteral(),
    gfmStrikethrough({ singleTilde: false }),
    gfmTable(),
    gfmTaskListItem(),
    cjkFriendlyExtension(),
    { disable: { null: ["htmlFlow", "htmlText", "codeIndented", "setextUnderline", "definition"] } },
  ],
  mdastExtensions: [
    gfmAutolinkLiteralFromMarkdown(),
    gfmStrikethroughFromMarkdown(),
    gfmTableFromMarkdown(),
    gfmTaskListItemFromMarkdown(),
  ],
};

interface Props {
  text: string;
  /** Names that the text calls, between spaces; their calls are marked. */
  called?: string;
}

export const Markdown = memo(function Markdown({ text, called = "" }: Props) {
  return <>{children(parse(text), new Set(called.split(" ")))}</>;
});

type Called = ReadonlySet<string>;

/** Trees of texts that were shown lately: a room that is shown again is not parsed again. */
const parsed = new Map<string, Root>();
const PARSED_KEPT = 500;
/** Longer ones are rare, and not worth their memory. */
const PARSED_CHARS = 2_000;

/** One line of words alone, as most are. In it nothing has a meaning but `www.`. */
const PLAIN = /^\p{L}[\p{L}\p{M}\p{N} ,.?!;'"()，。？！；、（）…-]*$/u;

export function isPlain(text: string): boolean {
  return PLAIN.test(text) && !/www\.| $/i.test(text);
}

export function parseWhole(text: string): Root {
  return fromMarkdown(text, options);
}

function parse(text: string): Root {
  if (isPlain(text))
    return { type: "root", children: [{ type: "paragraph", children: [{ type: "text", value: text }] }] };
  if (text.length > PARSED_CHARS) return parseWhole(text);
  const tree = parsed.get(text) ?? parseWhole(text);
  parsed.delete(text);
  parsed.set(text, tree);
  const [oldest] = parsed.keys();
  if (parsed.size > PARSED_KEPT && oldest !== undefined) parsed.delete(oldest);
  return tree;
}

function children(parent: Parents, called: Called): ReactNode {
  // Spread, not listed: the tree is built anew for every text and needs no keys.
  return createElement(Fragment, null, ...parent.children.map((node) => element(node, called)));
}

function element(node: Nodes, called: Called): ReactNode {
  switch (node.type) {
    case "text":
      return calls(node.value, called);
    case "paragraph":
      return <p>{children(node, called)}</p>;
    case "strong":
      return <strong className="font-semibold">{children(node, called)}</strong>;
    case "emphasis":
      return <em>{children(node, called)}</em>;
    case "delete":
      return <del>{children(node, called)}</del>;
    case "inlineCode":
      return <code>{node.value}</code>;
    case "code":
      return <Code text={node.value} language={node.lang ?? null} />;
    case "break":
      return "\n";
    case "thematicBreak":
      return <hr className="my-2 border-line" />;
    case "blockquote":
      return <blockquote>{children(node, called)}</blockquote>;
    case "heading":
      return <p className="font-semibold">{children(node, called)}</p>;
    case "list":
      return node.ordered ? (
        <ol start={node.start ?? 1}>{children(node, called)}</ol>
      ) : (
        <ul>{children(node, called)}</ul>
      );
    case "listItem":
      return node.checked == null ? (
        <li>{children(node, called)}</li>
      ) : (
        <li className="task">
          <TaskMark done={node.checked} />
          {children(node, called)}
        </li>
      );
    case "table":
      return table(node, called);
    case "link":
      return link(
        node.url,
        node.children.length === 1 ? node.children[0] : undefined,
        children(node, called),
      );
    // Pictures from elsewhere would tell their owner who reads: a link instead.
    case "image":
      return link(node.url, undefined, node.alt || node.url);
    default:
      return "children" in node ? children(node, called) : "value" in node ? node.value : null;
  }
}

/** The first row names the columns. A wide table scrolls, by keyboard too. */
function table({ align, children: rows }: Table, called: Called): ReactNode {
  const row = ({ children: cells }: TableRow, tag: "th" | "td") =>
    createElement(
      "tr",
      null,
      ...cells.map((cell, at) => {
        const className = ALIGNED[align?.[at] ?? "left"];
        return createElement(
          tag,
          { className, ...(tag === "th" && { scope: "col" }) },
          children(cell, called),
        );
      }),
    );
  const [head, ...body] = rows;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrollable regions must be focusable
    <div className="table" tabIndex={0}>
      <table>
        {head !== undefined && <thead>{row(head, "th")}</thead>}
        {createElement("tbody", null, ...body.map((line) => row(line, "td")))}
      </table>
    </div>
  );
}

const ALIGNED = { left: "text-start", center: "text-center", right: "text-end" } as const;

function calls(text: string, called: Called): ReactNode {
  const marked = { className: "font-medium text-accent" };
  const parts = pieces(text, called);
  return createElement(
    Fragment,
    null,
    ...parts.map(({ text, call }) => (call ? createElement("span", marked, text) : text)),
  );
}

/** Full-width punctuation and spaces end a bare address, whatever GFM says. */
const AFTER_ADDRESS = /[\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]/;

function link(url: string, only: Nodes | undefined, content: ReactNode): ReactNode {
  const bare = only?.type === "text" && url.endsWith(only.value) ? only.value : null;
  const cut = bare?.search(AFTER_ADDRESS) ?? -1;
  if (bare !== null && cut > 0) {
    return (
      <>
        {anchor(url.slice(0, url.length - bare.length + cut), bare.slice(0, cut))}
        {bare.slice(cut)}
      </>
    );
  }
  return anchor(url, content);
}

function anchor(url: string, content: ReactNode): ReactNode {
  const safe = safeUrl(url);
  if (safe === null) return content;
  if (safe.origin === location.origin && safe.pathname.startsWith("/rooms/")) {
    return (
      <Link href={safe.pathname} className="link">
        {content}
      </Link>
    );
  }
  return (
    <a className="link" href={safe.href} target="_blank" rel="noopener noreferrer nofollow">
      {content}
    </a>
  );
}

/** An absolute address of a kind that runs nothing; null for all others. */
export function safeUrl(url: string): URL | null {
  try {
    const parsed = new URL(url);
    return ["http:", "https:", "mailto:"].includes(parsed.protocol) ? parsed : null;
  } catch {
    return null;
  }
}
