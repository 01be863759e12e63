/** Whether the form's parser says that a multipart body breaks off or is none: the client's mistake, which it throws without a status. */
export const isBrokenForm = ({ message }: Error): boolean => /multipart|boundary|part header|end of form/i.test(message)
