namespace Insula.Linux.Cgroups;

/// <summary>One allowed device.</summary>
/// <param name="Type"><c>c</c>, <c>b</c>, or <c>a</c> for both.</param>
/// <param name="Major">Major number; null for any.</param>
/// <param name="Minor">Minor number; null for any.</param>
/// <param name="Access">Letters out of <c>rwm</c>.</param>
public sealed record DeviceRule(char Type, uint? Major, uint? Minor, string Access);
