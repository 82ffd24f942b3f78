import { type ReactNode, useEffect, useRef, useState } from "react";
import { useObservable } from "../observable.ts";
import type { FrameLog, LogEntry } from "./frame-log.ts";

const marks = { sent: "→", received: "←", note: "·", problem: "!" } as const;
const spoken = { sent: "sent", received: "received", note: "note", problem: "problem" } as const;

/** What passed on the wire: filtered, paused, copied or saved. */
export function LogView({ log, name }: { readonly log: FrameLog; readonly name: string }): ReactNode {
  const current = useObservable(log.entries);
  const [paused, setPaused] = useState<readonly LogEntry[]>();
  const [filter, setFilter] = useState("");
  const [showsControl, setShowsControl] = useState(false);
  const list = useRef<HTMLOListElement>(null);
  const shown = (paused ?? current).filter(
    ({ text, detail = "", isControl }) =>
      (showsControl || isControl !== true) &&
      `${text}\n${detail}`.toLowerCase().includes(filter.toLowerCase()),
  );
  const last = shown.at(-1)?.id;
  useEffect(() => {
    const element = list.current;
    if (element === null || last === undefined) return;
    // A reader who has scrolled up stays there.
    if (element.scrollHeight - element.scrollTop - element.clientHeight < 200)
      element.scrollTop = element.scrollHeight;
  }, [last]);
  return (
    <section aria-label="Log" className="log">
      <div className="row">
        <input
          type="search"
          placeholder="Filter"
          aria-label="Filter the log"
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={showsControl}
            onChange={(event) => setShowsControl(event.target.checked)}
          />{" "}
          acks and pings
        </label>
        <button
          type="button"
          className="quiet"
          aria-pressed={paused !== undefined}
          onClick={() => setPaused(paused === undefined ? current : undefined)}
        >
          {paused === undefined ? "Pause" : `Go on (${newerThan(current, paused)} new)`}
        </button>
        <button type="button" className="quiet" onClick={() => void copy(shown)}>
          Copy
        </button>
        <button type="button" className="quiet" onClick={() => save(shown, name)}>
          Save
        </button>
        <button
          type="button"
          className="quiet"
          onClick={() => {
            log.clear();
            if (paused !== undefined) setPaused([]);
          }}
        >
          Clear
        </button>
      </div>
      {shown.length === 0 && <p className="hint">Nothing yet: connect, then send a message.</p>}
      {/* A list that scrolls has to be reached by the keyboard. */}
      <ol ref={list} tabIndex={0} aria-label="Messages on the wire">
        {shown.map((entry) => (
          <LogLine key={entry.id} entry={entry} />
        ))}
      </ol>
    </section>
  );
}

function LogLine({ entry }: { readonly entry: LogEntry }): ReactNode {
  const { kind, at, text, detail, size } = entry;
  const [isOpen, setIsOpen] = useState(false);
  const line = (
    <>
      <span className="mark" aria-hidden="true">
        {marks[kind]}
      </span>
      <span className="unseen">{spoken[kind]}: </span>
      <span className="text">{text}</span>
      <span className="hint">
        {size !== undefined && `${size} B · `}
        <time>{timeOf(at)}</time>
      </span>
    </>
  );
  if (detail === undefined)
    return (
      <li className={kind}>
        <span className="line">{line}</span>
      </li>
    );
  return (
    <li className={kind}>
      <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary className="line">{line}</summary>
        {isOpen && <pre>{detail}</pre>}
      </details>
    </li>
  );
}

function newerThan(entries: readonly LogEntry[], shown: readonly LogEntry[]): number {
  const last = shown.at(-1)?.id ?? 0;
  return entries.filter(({ id }) => id > last).length;
}

function timeOf(at: number): string {
  const time = new Date(at);
  return `${time.toLocaleTimeString("en-GB")}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

async function copy(entries: readonly LogEntry[]): Promise<void> {
  const lines = entries.map(({ kind, at, text }) => `${timeOf(at)} ${marks[kind]} ${text}`);
  await navigator.clipboard.writeText(lines.join("\n"));
}

function save(entries: readonly LogEntry[], name: string): void {
  const address = URL.createObjectURL(
    new Blob([JSON.stringify(entries, undefined, 2)], { type: "application/json" }),
  );
  const link = Object.assign(document.createElement("a"), { href: address, download: `${name}.json` });
  link.click();
  URL.revokeObjectURL(address);
}
