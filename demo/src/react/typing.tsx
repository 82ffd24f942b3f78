import { type Client, OutcomeUnknown } from "@symbolon/client";
import { useStream } from "@symbolon/client/react";
import { type ReactNode, useEffect } from "react";
import type { chat } from "../../contract.ts";
import { typingText } from "../typing-text.ts";

/** Who is writing. */
export function Typing({ client }: { readonly client: Client<typeof chat> }): ReactNode {
  const { items, error, running, again } = useStream(client, "typing", null, { keep: 1 });
  const [names = []] = running ? items : [];

  useEffect(() => {
    // The connection was lost, and the stream with it: asked now, it begins anew on the next.
    if (error instanceof OutcomeUnknown) again();
  }, [error, again]);

  return (
    <p id="typing" role="status">
      {typingText(names).map((piece, index) =>
        typeof piece === "string" ? piece : <bdi key={index}>{piece.name}</bdi>,
      )}
    </p>
  );
}
