/** What the library passes to its own handler of errors, which reads the message. */
export class ErrorEvent {
  readonly message: string;

  constructor(error: Error) {
    this.message = error.message;
  }
}

/** What the library passes to its own handler of closes, which reads nothing. */
export class CloseEvent {}
