import { type ReactNode, useEffect, useState } from "react";
import type { PageData, PageRoute } from "../src/page/page-data.ts";
import type { RouteConsole } from "./console/console.ts";
import { ContractConsole } from "./console/contract-console.ts";
import { SocketConsole } from "./console/socket-console.ts";
import { linkTo, readPlace, useHash } from "./links.ts";
import { RouteView } from "./route-view.tsx";

/** The page; `url` is where the app is served. */
export function Page({ data, url }: { readonly data: PageData; readonly url: string }): ReactNode {
  const hash = useHash();
  // A console stays connected while its reader looks at another route.
  const [consoles] = useState(() => new Map<string, RouteConsole>());
  const place = readPlace(hash);
  const route = data.routes.find(({ key }) => key === place?.route) ?? data.routes[0];
  useEffect(() => {
    if (place?.message !== undefined)
      document.querySelector(`[id="${CSS.escape(hash.slice(1))}"]`)?.scrollIntoView();
  }, [hash, place?.message]);
  return (
    <>
      <header>
        <h1>
          {data.title} {data.version !== undefined && <span className="version">{data.version}</span>}
        </h1>
        {data.description?.split(/\n{2,}/).map((paragraph) => (
          <p key={paragraph}>{paragraph}</p>
        ))}
      </header>
      <nav aria-label="Routes">
        <ul>
          {data.routes.map((one) => (
            <li key={one.key}>
              <RouteLink route={one} isCurrent={one === route} />
            </li>
          ))}
        </ul>
      </nav>
      <main>
        {route === undefined ? (
          <p>The app has no WebSocket routes.</p>
        ) : (
          <RouteView
            key={route.key}
            route={route}
            schemas={data.schemas}
            console={consoleOf(consoles, route, url)}
          />
        )}
      </main>
    </>
  );
}

function RouteLink({
  route,
  isCurrent,
}: {
  readonly route: PageRoute;
  readonly isCurrent: boolean;
}): ReactNode {
  return (
    <>
      <a href={linkTo(route.key)} aria-current={isCurrent ? "page" : undefined}>
        {route.path}
      </a>
      {isCurrent && route.kind === "contract" && (
        <ul>
          {route.messages.map(({ key, name, from }) => (
            <li key={key}>
              <a href={linkTo(route.key, key)}>
                <span aria-hidden="true">{from === "client" ? "→" : "←"}</span> {name}
              </a>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function consoleOf(consoles: Map<string, RouteConsole>, route: PageRoute, url: string): RouteConsole {
  let console = consoles.get(route.key);
  if (console === undefined) {
    console = route.kind === "contract" ? new ContractConsole(route, url) : new SocketConsole(route, url);
    consoles.set(route.key, console);
  }
  return console;
}
