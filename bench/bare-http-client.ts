import { fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';

const THIS_FILE = fileURLToPath(import.meta.url);

export interface PostsToMake {
  readonly url: string;
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly count: number;
  readonly atATime: number;
}

export interface PostsMade {
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
}

/** What a deliverer could do at best: a process of its own that makes the same POSTs, knows no database and signs nothing. */
export async function postFromBareClient(posts: PostsToMake): Promise<PostsMade> {
  const client = fork(THIS_FILE, ['post']);
  try {
    client.send(posts);
    const [made] = (await once(client, 'message')) as [PostsMade];
    return made;
  } finally {
    client.kill();
  }
}

async function postAll({ url, body, headers, count, atATime }: PostsToMake): Promise<PostsMade> {
  const agent = new Agent({ keepAlive: true, noDelay: true, maxSockets: atATime });
  const all = { ...headers, 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
  let left = count;
  const postNext = async (): Promise<void> => {
    while (left-- > 0) {
      await new Promise<void>((resolve, reject) => {
        const posted = request(url, { agent, method: 'POST', headers: all }, (response) => {
          response.resume();
          response.once('end', resolve);
        });
        posted.once('error', reject);
        posted.end(body);
      });
    }
  };
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  await Promise.all(Array.from({ length: atATime }, postNext));
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: (count * 1000) / (performance.now() - startedAt), cpuMicroseconds: (user + system) / count };
}

if (process.argv[1] === THIS_FILE && process.argv[2] === 'post') {
  process.once('message', (posts: PostsToMake) => {
    void postAll(posts).then((made) => process.send?.(made));
  });
}
