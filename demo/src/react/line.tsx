import type { CSSProperties, ReactNode } from "react";
import { hueOf } from "../hue.ts";
import { initialOf, timeOf } from "../line-text.ts";

/** What a line is shown with. */
type LineProps = {
  readonly from: string;
  /** When it was said, in milliseconds since 1970. */
  readonly at: number;
  readonly me: string;
  /** It goes on where the one above it stopped. */
  readonly follows: boolean;
  /** What became of it, while it is not delivered. */
  readonly fate?: ReactNode;
  readonly refused?: boolean;
  /** What was said. */
  readonly children: ReactNode;
};

/** One line of the conversation on the page. */
export function Line({ from, at, me, follows, fate, refused, children }: LineProps): ReactNode {
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
      {children}
      {fate !== undefined && <p className="fate">{fate}</p>}
    </li>
  );
}

/** The style of someone's colour; React's types know no custom properties. */
export function withHue(hue: number): CSSProperties {
  return { "--hue": hue } as CSSProperties;
}
