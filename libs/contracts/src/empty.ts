/** The input of an operation that asks for nothing but its envelope. */
export class Nothing {}
