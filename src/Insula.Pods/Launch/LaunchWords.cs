using Insula.Api.Core;
using Insula.Linux;
using Insula.Sandbox;

namespace Insula.Pods.Launch;

/// <summary>A failed launch in the words of the person who wrote the manifest.</summary>
internal static class LaunchWords
{
    /// <summary>What a failure to make a user namespace means; null for every other.</summary>
    /// <param name="failure">The failure.</param>
    /// <param name="layersDirectory">Where the image layers lie.</param>
    public static string? OfSandbox(LaunchException failure, string layersDirectory) => (failure.Step, failure.Errno) switch
    {
        ("idmap", Errno.EINVAL) => $"hostUsers: false is not possible: the file system of {layersDirectory} does not map user ids (idmapped mounts); put the daemon's root directory on another",
        ("user-namespace", Errno.ENOSPC) => "hostUsers: false is not possible now: sysctl user.max_user_namespaces allows no more user namespaces",
        ("user-namespace", _) => "hostUsers: false is not possible: the kernel refuses a user namespace",
        _ => null,
    };

    private static string VolumeAt(Container container, string? target) =>
        container.VolumeMounts.FirstOrDefault(m => m.MountPath.TrimEnd('/') == target)?.Name ?? target ?? "";

    public static string Of(Container container, LaunchException failure)
    {
        var program = container.Command.Count > 0 ? container.Command[0]
            : failure.Detail is { Length: > 0 } detail ? detail
            : "the image's entrypoint";
        var hint = (failure.Step, failure.Errno) switch
        {
            ("exec" or "execve", Errno.ENOENT) =>
                $"exec: \"{program}\": executable file not found in the container (or the interpreter it names is missing); check command and the image's PATH",
            ("exec" or "execve", Errno.EACCES) => $"exec: \"{program}\": permission denied: it is not an executable file for the container's user",
            ("exec" or "execve", Errno.ENOEXEC) => $"exec: \"{program}\": exec format error: a program for another architecture, or a script without a \"#!\" line",
            ("cwd" or "chdir", Errno.ENOENT or Errno.ENOTDIR) => "the working directory does not exist in the image; check workingDir",
            ("launch", Errno.ESRCH) when failure.Detail is { } end && (end.Contains("signal 31 ", StringComparison.Ordinal) || end.Contains("signal 4 ", StringComparison.Ordinal)) =>
                "its seccomp profile does not let its program be executed: allow execve",
            ("memory" or "cgroup", Errno.ENOMEM) => "the memory limit is too small to start the program",
            ("idmap", Errno.EINVAL) =>
                $"volume \"{VolumeAt(container, failure.Detail)}\" cannot be used with hostUsers: false: its file system does not map user ids (idmapped mounts)",
            _ => null,
        };
        // Without the start's number: the same failure reads the same every time, and is told as one event.
        var cause = failure.Step.Length == 0 ? failure.Message
            : failure.Errno == Errno.None ? $"{failure.Step}: {failure.Detail ?? "refused"}"
            : $"{failure.Step}: {(failure.Detail is { Length: > 0 } where ? where + ": " : "")}{ErrnoNames.Describe((int)failure.Errno)} ({ErrnoNames.Name((int)failure.Errno)})";
        return hint is null
            ? $"failed to start container \"{container.Name}\": {cause}"
            : $"failed to start container \"{container.Name}\": {hint} ({cause})";
    }
}
