import { pino } from 'pino';

/** A logger whose lines hold no header, no query and no body: nothing that could be a secret. */
export function createLogger(stream: { write(line: string): void }) {
  const serializers = {
    req: ({ method, url }: { method?: string; url?: string }) => ({ method, path: url?.split('?', 1)[0] }),
    res: ({ statusCode }: { statusCode?: number }) => ({ statusCode }),
  };
  return pino({ level: 'info', serializers }, stream);
}

export type Logger = ReturnType<typeof createLogger>;
