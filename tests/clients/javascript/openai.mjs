// The life of a video, as users of the npm package `openai` write it: node openai.mjs URL KEY FILE
import { createRequire } from "node:module";
import { writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const [url, key, file] = process.argv.slice(2);
const require = createRequire(`${process.env.SCREENTEST_NODE_MODULES}/none.js`);
const { default: OpenAI, AuthenticationError } = await import(pathToFileURL(require.resolve("openai")));

const asked = { model: "sora-2", prompt: "A paper boat crosses a puddle.", seconds: "4" };
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key });
const video = await client.videos.create(asked);
let found = video;
while (found.status === "queued" || found.status === "in_progress") {
  await new Promise((resolve) => setTimeout(resolve, 50));
  found = await client.videos.retrieve(video.id);
}
const content = await client.videos.downloadContent(video.id);
await writeFile(file, Buffer.from(await content.arrayBuffer()));
const listed = [];
for await (const each of client.videos.list({ limit: 1 })) listed.push(each.id);

let refusal = null;
try {
  await new OpenAI({ baseURL: `${url}/v1`, apiKey: "sk-nobody" }).videos.create(asked);
} catch (error) {
  refusal = { status: error.status, code: error.code, known: error instanceof AuthenticationError };
}
const deleted = await client.videos.delete(video.id);
console.log(JSON.stringify({ id: video.id, status: found.status, listed, refusal, deleted: deleted.deleted }));
