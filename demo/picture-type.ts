/** The pictures that the chat shows, by the media type they are served under. */
export const pictureTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"] as const;

/** The media type of a picture. */
export type PictureType = (typeof pictureTypes)[number];

/**
 * How a picture of each type begins, in Latin-1; a dot stands for any byte. RFC 2083 §3.1, ITU-T T.81 §B.1.1.3 with the
 * marker after it, GIF89a §17, RFC 9649 §2.4.
 */
const beginnings: Readonly<Record<PictureType, RegExp>> = {
  "image/png": /^\x89PNG\r\n\x1a\n/,
  "image/jpeg": /^\xff\xd8\xff/,
  "image/gif": /^GIF8[79]a/,
  "image/webp": /^RIFF.{4}WEBP/s,
};

/** What a picture is by its first bytes, whatever anyone says it is; undefined when it is none that the chat shows. */
export function pictureType(bytes: Uint8Array): PictureType | undefined {
  const beginning = String.fromCharCode(...bytes.subarray(0, 12));
  return pictureTypes.find((type) => beginnings[type].test(beginning));
}
