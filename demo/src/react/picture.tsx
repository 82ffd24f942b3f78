import { type ReactNode, useEffect, useState } from "react";
import type { Picture as Size } from "../../contract.ts";
import type { Look } from "../look.ts";
import { addressOfPicture, frameOf, pictureTrouble } from "../picture-frame.ts";

/** How large a picture is. */
export type PictureSize = Pick<Size, "width" | "height">;

/** What a picture is shown with. */
type PictureProps = {
  /** The id of its line. */
  readonly id: string;
  readonly name: string;
  readonly size: PictureSize;
  /** The picture itself, if it was sent from here. */
  readonly bytes?: Uint8Array<ArrayBuffer> | undefined;
  /** Asked for it if not. */
  readonly look: Look;
};

/** A picture on the page: its place now, and itself when its bytes are there. */
export function Picture({ id, name, size, bytes, look }: PictureProps): ReactNode {
  const [address, setAddress] = useState<string>();
  const [trouble, setTrouble] = useState("");

  useEffect(() => {
    let gone = false;
    let made: string | undefined;
    const show = (there: Uint8Array<ArrayBuffer>): void => setAddress((made = addressOfPicture(there)));
    if (bytes) show(bytes);
    else
      look(id).then(
        (there) => gone || show(there),
        (error: unknown) => gone || setTrouble(pictureTrouble(error)),
      );
    return () => {
      gone = true;
      if (made !== undefined) URL.revokeObjectURL(made);
    };
  }, [id, bytes, look]);

  if (trouble)
    return (
      <div className="picture missing">
        <p>
          {trouble}: <bdi>{name}</bdi>
        </p>
      </div>
    );
  return (
    <div className="picture" style={frameOf(size)}>
      {address !== undefined && <img src={address} alt={name} />}
    </div>
  );
}
