import type { Client } from "@symbolon/client";
import { useStatus, useStream } from "@symbolon/client/react";
import { type ReactNode, useEffect } from "react";
import type { chat } from "../../contract.ts";
import { isCutShort } from "../fate.ts";
import { typingText } from "../typing-text.ts";

/** Who is writing; nobody knows while the server is away. */
export function Typing({ client }: { readonly client: Client<typeof chat> }): ReactNode {
  const { state: is } = useStatus(client);
  const { items, error, running, restart: again } = useStream(client, "typing", null, { keep: 1 });
  const [names = []] = running && is === "open" ? items : [];

  useEffect(() => {
    if (isCutShort(error)) again();
  }, [error, again]);

  return (
    <p id="typing" role="status">
      {typingText(names).map((piece, index) =>
        typeof piece === "string" ? piece : <bdi key={index}>{piece.name}</bdi>,
      )}
    </p>
  );
}
