import type { CSSProperties, ReactNode } from "react";
import type { Line as Said } from "../../contract.ts";
import { hueOf } from "../hue.ts";
import { initialOf, timeOf } from "../line-text.ts";

/** What a line is shown with. */
type LineProps = {
  readonly line: Said;
  readonly me: string;
  /** It goes on where the one above it stopped. */
  readonly follows: boolean;
  /** What became of it, while it is not delivered. */
  readonly fate?: string;
  readonly refused?: boolean;
};

/** One line of the conversation on the page. */
export function Line({ line, me, follows, fate, refused }: LineProps): ReactNode {
  const { from, text, at } = line;
  const names = ["line", from === me && "mine", follows && "follows", refused && "refused"];
  return (
    <li className={names.filter(Boolean).join(" ")} style={withHue(hueOf(from))}>
      <span className="face" aria-hidden="true">
        {initialOf(from)}
      </span>
      <p className="who">
        <bdi>{from}</bdi>
        <time dateTime={new Date(at).toISOString()}>{timeOf(at)}</time>
      </p>
      <p className="text" dir="auto">
        {text}
      </p>
      {fate !== undefined && <p className="fate">{fate}</p>}
    </li>
  );
}

/** The style of someone's colour; React's types know no custom properties. */
export function withHue(hue: number): CSSProperties {
  return { "--hue": hue } as CSSProperties;
}
