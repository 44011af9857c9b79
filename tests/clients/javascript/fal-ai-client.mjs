// The life of a video, as users of the npm package `@fal-ai/client` write it:
//   node fal-ai-client.mjs URL KEY FILE ENDPOINT INPUT
// The package knows one address only: its middleware sends the requests to the mock.
import { createRequire } from "node:module";
import { writeFile } from "node:fs/promises";

const [url, key, file, endpoint, input] = process.argv.slice(2);
const require = createRequire(`${process.env.SCREENTEST_NODE_MODULES}/none.js`);
const { createFalClient } = require("@fal-ai/client");

const requestMiddleware = async (request) => ({
  ...request,
  url: request.url.replace("https://queue.fal.run", url),
});
const connect = (credentials) => createFalClient({ credentials, requestMiddleware });

const seen = [];
const done = await connect(key).subscribe(endpoint, {
  input: JSON.parse(input),
  pollInterval: 50,
  onQueueUpdate: (status) => seen.push(status.status),
});
const content = await fetch(done.data.video.url);
await writeFile(file, Buffer.from(await content.arrayBuffer()));

let refusal = null;
try {
  await connect("nobody").queue.submit(endpoint, { input: JSON.parse(input) });
} catch (error) {
  refusal = { status: error.status, name: error.name };
}
console.log(JSON.stringify({ id: done.requestId, seen: [...new Set(seen)], refusal }));
