/** What a page loads. */
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import type { Work } from "../run/work.ts";

const folder = fileURLToPath(new URL("../../../size", import.meta.url));

/** The bytes of an entry of `size/`, minified and compressed with brotli, as `npm run size` builds it. */
async function bytesOf(entry: string): Promise<number> {
  const { build } = await import("vite"); // it takes long to load
  const built = await build({
    configFile: `${folder}/vite.config.ts`,
    mode: entry,
    logLevel: "silent",
    build: { write: false },
  });
  const [output] = Array.isArray(built) ? built : [built];
  if (!output || !("output" in output)) throw new Error(`${entry} was not built`);
  const chunks = output.output.map((part) => Buffer.from(part.type === "chunk" ? part.code : part.source));
  return brotliCompressSync(Buffer.concat(chunks)).length;
}

/** The client, with what it needs. No server takes part. */
export const pageBytesWork: Work = {
  name: "bytes that a page loads",
  unit: "bytes",
  subjects: ["connect", "react"].map((entry) => ({
    name: entry === "react" ? "connect and the hooks for React" : entry,
    program: "ws",
    measure: async () => ({ value: await bytesOf(entry) }),
  })),
};
