using System.Runtime.InteropServices;

namespace Insula.Linux.Seccomp;

/// <summary><c>struct sock_filter</c>, linux/filter.h.</summary>
/// <param name="Code">What it does.</param>
/// <param name="IfTrue">How many instructions a comparison that holds leaves out.</param>
/// <param name="IfFalse">How many one that does not.</param>
/// <param name="Value">What is loaded, compared with, returned or jumped over.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct FilterInstruction(ushort Code, byte IfTrue, byte IfFalse, uint Value)
{
    /// <summary>A word of <c>struct seccomp_data</c>.</summary>
    public const ushort Load = 0x20;

    public const ushort And = 0x54;
    public const ushort Jump = 0x05;
    public const ushort IfEqual = 0x15;
    public const ushort IfGreater = 0x25;
    public const ushort IfAtLeast = 0x35;
    public const ushort IfAnySet = 0x45;
    public const ushort Return = 0x06;

    public bool IsComparison => Code is IfEqual or IfGreater or IfAtLeast or IfAnySet;

    public bool IsKnown => IsComparison || Code is Load or And or Jump or Return;

    /// <summary>Loads the number of the system call.</summary>
    public bool IsLoadOfCall => Code == Load && Value == 0;
}
