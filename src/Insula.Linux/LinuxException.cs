using System.Runtime.InteropServices;

namespace Insula.Linux;

/// <summary>A call to the kernel failed: which, on what, and with which errno.</summary>
public sealed class LinuxException : IOException
{
    /// <summary>A failure with a known errno.</summary>
    /// <param name="operation">The call or step, such as <c>openat2</c>.</param>
    /// <param name="path">What it was done to; null when that says nothing.</param>
    /// <param name="errno">The error number.</param>
    public LinuxException(string operation, string? path, int errno)
        : base(Format(operation, path, errno))
    {
        Operation = operation;
        Path = path;
        Errno = (Errno)errno;
    }

    /// <summary>A failure with a known errno.</summary>
    /// <param name="operation">The call or step, such as <c>openat2</c>.</param>
    /// <param name="path">What it was done to; null when that says nothing.</param>
    /// <param name="errno">The error number.</param>
    public LinuxException(string operation, string? path, Errno errno)
        : this(operation, path, (int)errno)
    {
    }

    /// <summary>The call or step that failed.</summary>
    public string Operation { get; }

    /// <summary>What the call was made on, if that says something.</summary>
    public string? Path { get; }

    /// <summary>The error number.</summary>
    public Errno Errno { get; }

    /// <summary>An exception of the last P/Invoke error.</summary>
    public static LinuxException FromLastError(string operation, string? path = null) =>
        new(operation, path, Marshal.GetLastPInvokeError());

    private static string Format(string operation, string? path, int errno) =>
        path is null
            ? $"{operation}: {ErrnoNames.Describe(errno)} ({ErrnoNames.Name(errno)})"
            : $"{operation} {path}: {ErrnoNames.Describe(errno)} ({ErrnoNames.Name(errno)})";
}
