namespace Insula.Linux.Netlink;

/// <summary>The kernel refused a netlink request. The message names the request, the errno and the kernel's own words where it gave some.</summary>
public sealed class NetlinkException : IOException
{
    /// <summary>A refusal with its errno.</summary>
    /// <param name="request">What was asked, for people: <c>add route 10.83.0.2/32 dev iv…</c>.</param>
    /// <param name="errno">The kernel's answer, positive.</param>
    /// <param name="kernelMessage">The extended acknowledgement (NLMSGERR_ATTR_MSG), <see langword="null"/> when there was none.</param>
    public NetlinkException(string request, int errno, string? kernelMessage)
        : base($"{request}: {ErrnoNames.Describe(errno)} ({ErrnoNames.Name(errno)}){(kernelMessage is null ? "" : $": {kernelMessage}")}")
    {
        Request = request;
        Errno = (Errno)errno;
        KernelMessage = kernelMessage;
    }

    /// <summary>What was asked.</summary>
    public string Request { get; }

    /// <summary>The error number.</summary>
    public Errno Errno { get; }

    /// <summary>The kernel's own words, if it gave any.</summary>
    public string? KernelMessage { get; }
}
