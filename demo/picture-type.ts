/** The pictures that the chat shows, by their media types. */
export const pictureTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;

/** The media type of a picture. */
export type PictureType = (typeof pictureTypes)[number];

/** How the file of a picture begins, in hex: RFC 2083 §3.1, ITU-T T.81 §B.1.1.3, GIF89a §17, RFC 9649 §2.4. */
const beginnings: Readonly<Record<PictureType, RegExp>> = {
  "image/png": /^89504e470d0a1a0a/,
  "image/jpeg": /^ffd8ff/,
  "image/gif": /^47494638(37|39)61/,
  "image/webp": /^52494646.{8}57454250/,
};

/** What a picture is by its first bytes, whatever anyone says it is; undefined when it is none that the chat shows. */
export function pictureType(bytes: Uint8Array): PictureType | undefined {
  const beginning = Array.from(bytes.subarray(0, 12), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return pictureTypes.find((type) => beginnings[type].test(beginning));
}
