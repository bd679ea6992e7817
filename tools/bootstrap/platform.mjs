const supported = ['linux x64', 'linux arm64', 'darwin x64', 'darwin arm64']
const nodeMajorMin = 18

/**
 * What keeps this machine from running Interchange, in words for its owner; null when nothing does.
 * @param {string} platform
 * @param {string} arch
 * @param {string} nodeVersion
 * @returns {string | null}
 */
export const platformProblem = (platform, arch, nodeVersion) => {
  if (Number.parseInt(nodeVersion, 10) < nodeMajorMin) {
    return `Node ${nodeMajorMin} or newer is needed to begin (it brings its own later); this is Node ${nodeVersion}.`
  }
  if (platform === 'win32') {
    return 'On Windows, Interchange runs inside WSL 2: open a WSL shell, clone the repository there, run this again.'
  }
  if (!supported.includes(`${platform} ${arch}`)) {
    return `Interchange runs on Linux (x64, arm64), macOS and Windows by WSL; this is ${platform} ${arch}.`
  }
  return null
}
