/** A page that uses each hook, under StrictMode. Its buttons mount, unmount, hide and reload its components. */
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

/** A room: the status of its connection, the received texts, and buttons for the event, the request and the stream. */
function Room({ room }: { readonly room: string }): ReactNode {
  const client = useRoom(room);
  const { state, attempt, error } = useStatus(client);
  const [listener, setListener] = useState("old");
  const [received, setReceived] = useState<readonly string[]>([]);
  const [countTo, setCountTo] = useState(0);
  const [reset, setReset] = useState("");
  useEvent(client, "posted", (text) => setReceived([...received, `${listener} listener: ${text}`]));
  useClientEvent(client, "reset", ({ reason }) => setReset(`${listener} listener: ${reason}`));
  return (
    <section>
      <p title="status">
        {[state, state === "waiting" && attempt > 0, error?.code].filter(Boolean).join(" ")}
      </p>
      <p title="received">{received.join(", ")}</p>
      <p title="reset">{reset}</p>
      <button onClick={() => setListener("new")}>Change the listener</button>
      <button onClick={() => void client.send("post", `hello ${room}`)}>Send hello</button>
      <JoinButtons client={client} />
      <button onClick={() => setCountTo(1_000)}>Count to 1000</button>
      <button onClick={() => setCountTo(-2)}>Count to 2 and stay open</button>
      <button onClick={() => setCountTo(0)}>Unmount the count</button>
      {countTo !== 0 && <Count client={client} to={countTo} />}
    </section>
  );
}

/** Buttons that send the request, and its result. */
function JoinButtons({ client }: { readonly client: RoomClient }): ReactNode {
  const { execute, data, error, isPending } = useRequest(client, "join");
  return (
    <p>
      {["Ada", "rejected", "slow"].map((name) => (
        <button key={name} onClick={() => execute(name)}>{`Join as ${name}`}</button>
      ))}
      <button onClick={() => execute("slow", { signal: AbortSignal.abort("aborted") })}>
        Join with an aborted signal
      </button>
      <output title="join result">
        {joinTexts([data && `ticket ${data.ticket}`, error, isPending && "pending"])}
      </output>
    </p>
  );
}

/** The items of the stream, and a button that restarts it. */
function Count({ client, to }: { readonly client: RoomClient; readonly to: number }): ReactNode {
  const { items, status, error, restart } = useStream(client, "count", { to }, { keep: 3 });
  return (
    <p>
      <output title="count">{joinTexts([items.join(" "), error, status === "streaming" && status])}</output>
      <button onClick={restart}>Restart the count</button>
    </p>
  );
}

/** Another component that uses the connection of the room. */
function SecondStatus({ room }: { readonly room: string }): ReactNode {
  return <p title="second status">{useStatus(useRoom(room)).state}</p>;
}

/** Hides its children with `Activity`, which React 18 does not have. */
function Hideable(props: { readonly isHidden: boolean; readonly children: ReactNode }): ReactNode {
  if (version.startsWith("18.")) return props.children;
  return <Activity mode={props.isHidden ? "hidden" : "visible"}>{props.children}</Activity>;
}

/** Joins what there is to show. An error shows its code. */
function joinTexts(parts: readonly unknown[]): string {
  return parts
    .filter(Boolean)
    .map((part) => (part instanceof Error && "code" in part ? part.code : part))
    .join(", ");
}

/** Creates a new page component, as a hot reload does: React unmounts the old one and mounts the new one. */
function createPage(): () => ReactNode {
  return function Page() {
    const [room, setRoom] = useState("lobby");
    const [mountCount, setMountCount] = useState(0);
    const [isMounted, setIsMounted] = useState(true);
    const [secondStatusCount, setSecondStatusCount] = useState(0);
    const [isHidden, setIsHidden] = useState(false);
    function mountAgain(): void {
      setMountCount(mountCount + 1);
      setIsMounted(true);
    }
    return (
      <>
        <p title="react">{version}</p>
        <button onClick={() => setRoom("den")}>Go to the room "den"</button>
        <button onClick={() => setRoom("private")}>Go to the private room</button>
        <button onClick={() => setIsMounted(false)}>Unmount</button>
        <button onClick={mountAgain}>Mount again</button>
        <button onClick={() => setSecondStatusCount(2)}>Add two components</button>
        <button onClick={() => setSecondStatusCount(0)}>Remove the two components</button>
        <button onClick={() => setIsHidden(!isHidden)}>Hide or show</button>
        <button onClick={render}>Hot reload</button>
        <Hideable isHidden={isHidden}>
          {isMounted && <Room key={mountCount} room={room} />}
          {Array.from({ length: secondStatusCount }, (_, index) => (
            <SecondStatus key={index} room={room} />
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
