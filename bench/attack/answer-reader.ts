const END_OF_HEAD = '\r\n\r\n';

/**
 * Reads the answers of one HTTP/1.1 connection, as a server of the bench sends them: with Content-Length. Tells of each
 * its reason code; `served` for one with success, and where it gives no code `status` with the figure.
 */
export function createAnswerReader(answered: (outcome: string) => void): (octets: Buffer) => void {
  let unread = '';
  return (octets) => {
    unread += octets.toString('latin1');
    for (;;) {
      const end = lengthOfFirst(unread);
      if (end === undefined || unread.length < end) return;
      const answer = unread.slice(0, end);
      unread = unread.slice(end);
      answered(outcomeOf(answer));
    }
  };
}

/** Undefined while its head is not complete. */
function lengthOfFirst(text: string): number | undefined {
  const head = text.indexOf(END_OF_HEAD);
  if (head === -1) return undefined;
  const [, length = '0'] = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, head)) ?? [];
  return head + END_OF_HEAD.length + Number(length);
}

function outcomeOf(answer: string): string {
  const status = answer.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length);
  if (status.startsWith('2')) return 'served';
  const [, code] = /"code":"(\w+)"/.exec(answer) ?? [];
  return code ?? `status ${status}`;
}
