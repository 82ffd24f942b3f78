import type { CSSProperties, ReactNode } from "react";
import { formatTime, initialOfName } from "../shared/message-text.ts";
import { hueOfName } from "../shared/name-color.ts";

/** The properties of a `Message`. */
type MessageProps = {
  /** The name of the sender. */
  readonly from: string;
  /** When it was sent, in ms since 1970. */
  readonly at: number;
  /** The user's own name. */
  readonly me: string;
  /** Whether it continues the message above it, so that the name is not repeated. */
  readonly isContinuation: boolean;
  /** The delivery status of a pending message. */
  readonly status?: ReactNode;
  /** Whether the server has rejected it, or may have lost it. */
  readonly isFailed?: boolean;
  /** Its text or its picture. */
  readonly children: ReactNode;
};

/** A chat message. */
export function Message(props: MessageProps): ReactNode {
  const { from, at, me, isContinuation, status, isFailed, children } = props;
  const classes = ["line", from === me && "mine", isContinuation && "follows", isFailed && "refused"];
  return (
    <li className={classes.filter(Boolean).join(" ")} style={colorStyle(from)}>
      <span className="face" aria-hidden="true">
        {initialOfName(from)}
      </span>
      <p className="who">
        <bdi>{from}</bdi>
        <time dateTime={new Date(at).toISOString()}>{formatTime(at)}</time>
      </p>
      {children}
      {status !== undefined && <p className="fate">{status}</p>}
    </li>
  );
}

/** The style that gives an element the color of a person. React's types declare no CSS variables. */
export function colorStyle(name: string): CSSProperties {
  return { "--hue": hueOfName(name) } as CSSProperties;
}
