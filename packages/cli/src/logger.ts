import { pino } from 'pino';

/**
 * A logger whose lines hold no header, no query, no body and no path as it was sent: nothing that could be a secret.
 * A request is named by the route that serves it.
 */
export function createLogger(stream: { write(line: string): void }) {
  const serializers = {
    req: ({ method, routeOptions }: LoggedRequest) => ({ method, route: routeOptions?.url ?? 'none' }),
    res: ({ statusCode }: { statusCode?: number }) => ({ statusCode }),
  };
  return pino({ level: 'info', serializers }, stream);
}

interface LoggedRequest {
  readonly method?: string;
  readonly routeOptions?: { readonly url?: string | undefined };
}

export type Logger = ReturnType<typeof createLogger>;
