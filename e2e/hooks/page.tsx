/** A page that uses every hook, under StrictMode. Its buttons mount, unmount, hide and reload its components. */
import { type Client } from "@symbolon/client";
import {
  useClient,
  useClientEvent,
  useEvent,
  useRequest,
  useStatus,
  useStream,
} from "@symbolon/client/react";
import { Activity, type ReactNode, StrictMode, useState, version } from "react";
import { createRoot } from "react-dom/client";
import { room as contract } from "./contract.ts";

type RoomClient = Client<typeof contract>;

function useRoom(room: string): RoomClient {
  return useClient(contract, { url: location.origin, params: { room } });
}

/** A room: the status of its connection, its messages, and buttons for requests and streams. */
function Room({ room }: { readonly room: string }): ReactNode {
  const client = useRoom(room);
  const { state, attempt, error } = useStatus(client);
  const [mood, setMood] = useState("calmly");
  const [received, setReceived] = useState<readonly string[]>([]);
  const [counting, setCounting] = useState(0);
  const [reset, setReset] = useState("");
  useEvent(client, "said", (line) => setReceived([...received, `${mood} ${line}`]));
  useClientEvent(client, "reset", ({ reason }) => setReset(`${mood} ${reason}`));
  return (
    <section>
      <p title="status">
        {[state, state === "waiting" && attempt > 0, error?.code].filter(Boolean).join(" ")}
      </p>
      <p title="heard">{received.join(", ")}</p>
      <p title="reset">{reset}</p>
      <button onClick={() => setMood("gladly")}>Be glad</button>
      <button onClick={() => void client.send("say", `hello ${room}`)}>Say hello</button>
      <Joining client={client} />
      <button onClick={() => setCounting(1_000)}>Count to 1000</button>
      <button onClick={() => setCounting(-2)}>Count and stay</button>
      <button onClick={() => setCounting(0)}>Do not count</button>
      {counting !== 0 && <Counting client={client} to={counting} />}
    </section>
  );
}

function Joining({ client }: { readonly client: RoomClient }): ReactNode {
  const { execute, data, error, isPending } = useRequest(client, "join");
  return (
    <p>
      {["Ada", "nobody", "slow"].map((name) => (
        <button key={name} onClick={() => execute(name)}>{`Join as ${name}`}</button>
      ))}
      <button onClick={() => execute("slow", { signal: AbortSignal.abort("enough") })}>Join too late</button>
      <output title="joined">{textOf([data && `seat ${data.seat}`, error, isPending && "pending"])}</output>
    </p>
  );
}

function Counting({ client, to }: { readonly client: RoomClient; readonly to: number }): ReactNode {
  const { items, status, error, restart } = useStream(client, "count", { to }, { keep: 3 });
  return (
    <p>
      <output title="counted">{textOf([items.join(" "), error, status === "streaming" && status])}</output>
      <button onClick={restart}>Count again</button>
    </p>
  );
}

/** Shows the same connection a second time. */
function Twin({ room }: { readonly room: string }): ReactNode {
  return <p title="twin">{useStatus(useRoom(room)).state}</p>;
}

/** Hides its children where React can: version 18 cannot. */
function Hideable(shown: { readonly hidden: boolean; readonly children: ReactNode }): ReactNode {
  if (version.startsWith("18.")) return shown.children;
  return <Activity mode={shown.hidden ? "hidden" : "visible"}>{shown.children}</Activity>;
}

function textOf(parts: readonly unknown[]): string {
  return parts
    .filter(Boolean)
    .map((part) => (part instanceof Error && "code" in part ? part.code : part))
    .join(", ");
}

/** Makes a new component, as a hot reload does: React unmounts the old one and mounts the new one. */
function createPage(): () => ReactNode {
  return function Page() {
    const [room, setRoom] = useState("lobby");
    const [mounted, setMounted] = useState(0);
    const [twins, setTwins] = useState(0);
    const [hidden, setHidden] = useState(false);
    return (
      <>
        <p title="react">{version}</p>
        <button onClick={() => setRoom("den")}>Go to the den</button>
        <button onClick={() => setRoom("private")}>Go where it is private</button>
        <button onClick={() => setMounted(-1)}>Unmount</button>
        <button onClick={() => setMounted(Math.max(0, mounted) + 1)}>Mount anew</button>
        <button onClick={() => setTwins(2)}>Add twins</button>
        <button onClick={() => setTwins(0)}>Remove twins</button>
        <button onClick={() => setHidden(!hidden)}>Hide or show</button>
        <button onClick={render}>Hot reload</button>
        <Hideable hidden={hidden}>
          {mounted >= 0 && <Room key={mounted} room={room} />}
          {Array.from({ length: twins }, (_, twin) => (
            <Twin key={twin} room={room} />
          ))}
        </Hideable>
      </>
    );
  };
}

function render(): void {
  const Page = createPage();
  root.render(
    <StrictMode>
      <Page />
    </StrictMode>,
  );
}

const root = createRoot(document.getElementById("root") as HTMLElement);
render();
