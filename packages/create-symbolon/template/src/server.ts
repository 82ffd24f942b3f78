import { serve } from "@symbolon/server/node";
import { app } from "./app.ts";

const server = await serve(app, {
  port: Number(process.env.PORT ?? 3000),
  assets: process.argv[2], // the folder of the built page: `npm start` names it
});
console.log(`listening at ${server.url}`);
