/** The media types of the pictures that the chat accepts. */
export const pictureTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;

/** The media type of a picture. */
export type PictureType = (typeof pictureTypes)[number];

/** The first bytes of a picture file, in hex: RFC 2083 §3.1, ITU-T T.81 §B.1.1.3, GIF89a §17, RFC 9649 §2.4. */
const signatures: Readonly<Record<PictureType, RegExp>> = {
  "image/png": /^89504e470d0a1a0a/,
  "image/jpeg": /^ffd8ff/,
  "image/gif": /^47494638(37|39)61/,
  "image/webp": /^52494646.{8}57454250/,
};

/**
 * Reads the media type from the first bytes of a file; the type that the sender claims does not count.
 * @returns undefined when the chat does not accept the file.
 */
export function pictureType(bytes: Uint8Array): PictureType | undefined {
  const start = Array.from(bytes.subarray(0, 12), (byte) => byte.toString(16).padStart(2, "0")).join("");
  return pictureTypes.find((type) => signatures[type].test(start));
}
