export const openapiDocument: object = {}
