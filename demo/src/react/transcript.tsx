import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Said } from "../../contract.ts";
import { fates } from "../fate.ts";
import { goesOn } from "../line-text.ts";
import type { Look } from "../look.ts";
import { Content } from "./content.tsx";
import { Line } from "./line.tsx";
import type { Outgoing, Shown, Talk } from "./talk.ts";

/** What is shown of a room. */
type TranscriptProps = {
  readonly talk: Talk;
  readonly me: string;
  readonly look: Look;
  /** Called for a line of which nobody knows whether it was sent. */
  readonly sayAgain: (said: Said) => void;
  /** What stands above the lines. */
  readonly children: ReactNode;
};

/** What was said, then what is on its way; stays with the last line unless the reader went elsewhere. */
export function Transcript({ talk, me, look, sayAgain, children }: TranscriptProps): ReactNode {
  const { earlier, items, outgoing } = talk;
  const section = useRef<HTMLElement>(null);
  const lines = useRef<HTMLOListElement>(null);
  const last = useRef<{ readonly item: HTMLElement; readonly top: number } | null>(null);
  const following = useRef(true);
  const [newer, setNewer] = useState(false);

  function follow(): void {
    following.current = true;
    setNewer(false);
    section.current?.scrollTo({ top: section.current.scrollHeight, behavior: "instant" });
  }
  function read(): void {
    const { scrollHeight, scrollTop, clientHeight } = section.current as HTMLElement;
    following.current = scrollHeight - scrollTop - clientHeight < 32;
    if (following.current) setNewer(false);
  }

  /** How far an item is below the top of all there is to see: not `offsetTop`, which knows no halves of a pixel. */
  function topOf(item: HTMLElement): number {
    return item.getBoundingClientRect().top + (section.current?.scrollTop ?? 0);
  }
  function mark(): void {
    const item = lines.current?.querySelector<HTMLElement>("li:last-child");
    last.current = item ? { item, top: topOf(item) } : null;
  }
  /** The lines stay where they are on the screen, whatever was put above them. */
  function stay(): void {
    if (!last.current?.item.isConnected) return;
    const { item, top } = last.current;
    section.current?.scrollBy({ top: topOf(item) - top, behavior: "instant" });
  }

  useLayoutEffect(stay, [earlier]);
  useLayoutEffect(mark);
  useLayoutEffect(() => {
    if (following.current) follow();
    else setNewer(true);
  }, [items]);
  // Who says something wants to see it.
  useLayoutEffect(follow, [outgoing.length]);
  // The keyboard of a phone, or a growing composer, must not hide the last line from who was reading it.
  useEffect(() => {
    const observer = new ResizeObserver(() => {
      mark();
      if (following.current) follow();
    });
    observer.observe(section.current as HTMLElement);
    return () => observer.disconnect();
  }, []);

  return (
    <>
      <section id="talk" ref={section} tabIndex={0} aria-label="Messages" onScroll={read}>
        {children}
        {items.length === 0 && <p id="empty">Nothing has been said here yet.</p>}
        <ol id="earlier" aria-label="What was said earlier">
          {earlier.map((line, index) => (
            <SaidLine key={line.id} {...{ line, me, look }} above={earlier[index - 1]} />
          ))}
        </ol>
        <ol
          id="lines"
          ref={lines}
          role="log"
          aria-live="polite"
          aria-relevant="additions"
          aria-label="What was said"
        >
          {items.map((item, index) =>
            "about" in item ? (
              <li key={`notice ${index}`} className="notice">
                <bdi>{item.about}</bdi> {item.what}
              </li>
            ) : (
              <SaidLine
                key={item.id}
                line={item}
                me={me}
                look={look}
                above={items[index - 1] ?? earlier.at(-1)}
              />
            ),
          )}
        </ol>
        <ol id="pending" aria-label="Your messages that are not delivered yet">
          {outgoing.map(({ said, from, at, is, why }, index) => (
            <Line
              key={said.id}
              from={from}
              at={at}
              me={me}
              follows={isFollowing({ from, at }, outgoing[index - 1])}
              refused={is === "refused" || is === "unknown"}
              fate={<Fate is={is} why={why} again={() => sayAgain(said)} />}
            >
              <Content {...said} bytes={said.picture?.bytes} look={look} />
            </Line>
          ))}
        </ol>
      </section>
      {newer && (
        <button
          id="newer"
          onClick={() => {
            follow();
            section.current?.focus();
          }}
        >
          New messages ↓
        </button>
      )}
    </>
  );
}

/** What became of a line that is not delivered. */
function Fate(props: Pick<Outgoing, "is" | "why"> & { readonly again: () => void }): ReactNode {
  const { is, why, again } = props;
  if (is === "refused") return `${fates.refused}: ${why}`;
  if (is !== "unknown") return fates.pending;
  return (
    <>
      {fates.unknown}{" "}
      <button className="quiet" onClick={again}>
        {fates.again}
      </button>
    </>
  );
}

type Above = Talk["items"][number] | Talk["outgoing"][number] | undefined;

/** A line that everyone sees. */
function SaidLine(props: {
  readonly line: Shown;
  readonly me: string;
  readonly look: Look;
  readonly above: Above;
}): ReactNode {
  const { line, me, look, above } = props;
  return (
    <Line from={line.from} at={line.at} me={me} follows={isFollowing(line, above)}>
      <Content {...line} look={look} />
    </Line>
  );
}

function isFollowing(line: Pick<Shown, "from" | "at">, above: Above): boolean {
  return above !== undefined && "from" in above && goesOn(line, above);
}
