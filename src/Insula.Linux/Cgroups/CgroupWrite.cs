namespace Insula.Linux.Cgroups;

/// <summary>One write to a control file.</summary>
/// <param name="Controller">The controller the file belongs to.</param>
/// <param name="File">The file's name.</param>
/// <param name="Value">What is written.</param>
/// <param name="Optional">Whether the file may be missing (swap accounting switched off, say).</param>
internal sealed record CgroupWrite(string Controller, string File, string Value, bool Optional = false);
