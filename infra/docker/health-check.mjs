// Exit code 0 when the service in this container is ready; the image has no curl.
const response = await fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`, {
  signal: AbortSignal.timeout(2_500),
})
process.exitCode = response.ok ? 0 : 1
