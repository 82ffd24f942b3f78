import { type ReactNode, useEffect, useState } from "react";
import type { PictureSize } from "../../contract.ts";
import { createPictureUrl, frameSize, pictureErrorText } from "../shared/picture-frame.ts";
import type { LoadPicture } from "../shared/picture-loader.ts";

/** The properties of a `Picture`. */
type PictureProps = {
  /** The id of the picture's chat message. */
  readonly id: string;
  readonly name: string;
  readonly size: PictureSize;
  /** The picture itself, if this page has sent it. */
  readonly bytes?: Uint8Array<ArrayBuffer> | undefined;
  /** Loads the picture if this page has not sent it. */
  readonly loadPicture: LoadPicture;
};

/** A picture of a chat message. It has its final size at once, and shows the picture when it has loaded. */
export function Picture({ id, name, size, bytes, loadPicture }: PictureProps): ReactNode {
  const [url, setUrl] = useState<string>();
  const [error, setError] = useState("");

  useEffect(() => {
    let isUnmounted = false;
    let createdUrl: string | undefined;
    const show = (loaded: Uint8Array<ArrayBuffer>): void => setUrl((createdUrl = createPictureUrl(loaded)));
    if (bytes) show(bytes);
    else
      loadPicture(id).then(
        (loaded) => isUnmounted || show(loaded),
        (cause: unknown) => isUnmounted || setError(pictureErrorText(cause)),
      );
    return () => {
      isUnmounted = true;
      if (createdUrl !== undefined) URL.revokeObjectURL(createdUrl);
    };
  }, [id, bytes, loadPicture]);

  if (error)
    return (
      <div className="picture missing">
        <p>
          {error}: <bdi>{name}</bdi>
        </p>
      </div>
    );
  return (
    <div className="picture" style={frameSize(size)}>
      {url !== undefined && <img src={url} alt={name} />}
    </div>
  );
}
