import { createRoot } from "react-dom/client";
import type { PageData } from "../src/page/page-data.ts";
import { appUrl } from "./app-url.ts";
import { Page } from "./page.tsx";
import "./style.css";

const text = document.querySelector("#page-data")?.textContent ?? "";
const data = JSON.parse(text) as PageData;
const root = document.querySelector("#page");
if (root !== null) createRoot(root).render(<Page data={data} url={appUrl(location, data.httpPaths)} />);
