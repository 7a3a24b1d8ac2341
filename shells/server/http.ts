/**
 * What operators and their tools ask over HTTP: `/health` (the process answers, and what is wrong
 * with its disk), `/ready` (its node takes part), `/status` (JSON), `/metrics` (Prometheus). It
 * tells no data, and takes none.
 */
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { Endpoint } from '../tcp-network.ts';

export interface HttpSources {
  /** Null when ready; else why not. */
  readonly ready: () => string | null;
  /** Null when nothing is wrong; else what is. */
  readonly health: () => string | null;
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>;
  readonly status: () => object;
}

export interface HttpServer {
  close(): void;
}

const CONNECTIONS_MAX = 64;
const TIMEOUT_MILLIS = 10_000;

export function openHttp({ host, port }: Endpoint, sources: HttpSources): Promise<HttpServer> {
  const server: Server = createServer((request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return say(response, 405, 'text/plain', 'only GET\n');
    }
    serve(request.url ?? '', response, sources).catch((error: unknown) => {
      say(response, 500, 'text/plain', `${(error as Error).message}\n`);
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  server.headersTimeout = TIMEOUT_MILLIS;
  server.requestTimeout = TIMEOUT_MILLIS;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.removeListener('error', reject);
      server.on('error', () => undefined);
      resolve({
        close: () => {
          server.close();
          server.closeAllConnections();
        },
      });
    });
  });
}

async function serve(url: string, response: ServerResponse, sources: HttpSources): Promise<void> {
  switch (url.split('?')[0]) {
    case '/health': {
      const problem = sources.health();
      return say(response, 200, 'text/plain', problem === null ? 'ok\n' : `ok, but ${problem}\n`);
    }
    case '/ready': {
      const reason = sources.ready();
      return say(response, reason === null ? 200 : 503, 'text/plain', `${reason ?? 'ready'}\n`);
    }
    case '/status':
      return say(response, 200, 'application/json', `${JSON.stringify(sources.status())}\n`);
    case '/metrics': {
      const { type, text } = await sources.metrics();
      return say(response, 200, type, text);
    }
    default:
      return say(response, 404, 'text/plain', 'try /health, /ready, /status or /metrics\n');
  }
}

function say(response: ServerResponse, code: number, type: string, text: string): void {
  response.writeHead(code, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text);
}
