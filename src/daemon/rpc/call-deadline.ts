// A deadline for every call, from its first byte to its answer, whatever its caller asks for.
import { ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';

const overdue = {
  code: status.DEADLINE_EXCEEDED,
  details: 'the call was not answered within its deadline',
} as const;

/** Ends calls that are not answered within `maxCallMs`. A shorter deadline of the caller is kept by grpc-js. */
export function callDeadline(maxCallMs: number): ServerInterceptor {
  return (_method, call) => {
    const timer = setTimeout(() => call.sendStatus(overdue), maxCallMs);
    // Despite its name it is told of every end of a call, also of a good one.
    const onCancel = (): void => clearTimeout(timer);
    return new ServerInterceptingCall(call, { start: (next) => next({ onCancel }) });
  };
}
