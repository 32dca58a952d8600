using System.Text.Json.Nodes;

namespace Insula.Network.Cni;

/// <summary>Reads what plug-ins answer but results. Pure; nothing of it is trusted.</summary>
internal static class CniAnswers
{
    private const int MostVersions = 64;

    /// <summary>The error in a failed plug-in's output; null when it says none there.</summary>
    /// <param name="who">The plug-in and what it was asked, for the message.</param>
    /// <param name="output">Its standard output.</param>
    public static CniException? Error(string who, string output)
    {
        try
        {
            JsonObject json = JsonReading.Object(output, "");
            int code = JsonReading.Number(json, "code", "") ?? 0;
            string message = JsonReading.Printable(JsonReading.Text(json, "msg", "") ?? "");
            string details = JsonReading.Printable(JsonReading.Text(json, "details", "") ?? "");
            return code == 0 && message.Length == 0 ? null
                : new CniException($"{who} failed: {(message.Length > 0 ? message : "no reason is given")}{(details.Length > 0 ? $": {details}" : "")} (code {code})") { Code = code };
        }
        catch (CniException)
        {
            return null;
        }
    }

    /// <summary>The versions that a plug-in supports.</summary>
    /// <exception cref="CniException">It does not say.</exception>
    public static IReadOnlyList<string> Versions(string output)
    {
        IReadOnlyList<string> versions = JsonReading.Texts(JsonReading.Object(output, "its answer"), "supportedVersions", "", MostVersions);
        return versions.Count > 0 ? versions : throw new CniException("its answer has no supportedVersions");
    }
}
