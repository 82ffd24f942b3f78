import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { PageData } from "./page-data.ts";

/** The program of the page and its style, as Vite has built them from the folder `page`. */
export interface PageParts {
  readonly script: string;
  readonly style: string;
}

/**
 * Reads the parts of the page.
 * @throws Error when the page was not built.
 */
export function readParts(): PageParts {
  try {
    const read = (name: string): string =>
      readFileSync(new URL(`../../page/dist/${name}`, import.meta.url), "utf8");
    // Neither may end the element that it is in.
    const script = read("page.js").replaceAll(/<(?=\/script|!--)/gi, String.raw`\x3C`);
    return { script, style: read("page.css") };
  } catch (cause) {
    throw new Error("the page of @symbolon/docs is not built: `npm run docs-page` builds it", { cause });
  }
}

/** The page: one file that loads no other. */
export function writeHtml(data: PageData, { script, style }: PageParts): string {
  const json = JSON.stringify(data).replaceAll("<", String.raw`\u003C`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(data.title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<div id="page"><noscript>This page needs JavaScript.</noscript></div>
<script type="application/json" id="page-data">${json}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

/** Allows the script and the style of the page, by their hashes, and nothing else (CSP Level 3 §8.1). */
export function contentSecurityPolicy({ script, style }: PageParts): string {
  return [
    "default-src 'none'",
    `script-src '${hash(script)}'`,
    `style-src '${hash(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
