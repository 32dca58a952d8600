using Insula.Api.Pods;
using Insula.Store;

namespace Insulad.StaticPods;

/// <summary>Which file has which pod, as a pure function: the file that a pod is from keeps it as long as it asks for it, or nobody can tell.</summary>
/// <param name="Wanted">What each pod should be, and the file that has it.</param>
/// <param name="Unwanted">The pods that none asks for any more.</param>
/// <param name="Problems">The files that ask for another's pod, with a sentence.</param>
internal sealed record StaticPodPlan(
    IReadOnlyDictionary<ObjectKey, (StaticPod Pod, string File)> Wanted,
    IReadOnlyList<ObjectKey> Unwanted,
    IReadOnlyList<(string File, string Problem)> Problems)
{
    /// <summary>Decides.</summary>
    /// <param name="asked">The files of which it is known what they ask for, in their order.</param>
    /// <param name="unread">The names of the others: there, and never read by this daemon.</param>
    /// <param name="stored">The static pods that there are and that do not end, with their uids.</param>
    public static StaticPodPlan Make(
        IReadOnlyList<(string File, IReadOnlyList<StaticPod> Pods)> asked, IReadOnlyList<string> unread, IReadOnlyDictionary<ObjectKey, string> stored)
    {
        var wanted = new Dictionary<ObjectKey, (StaticPod Pod, string File)>();
        var problems = new List<(string, string)>();
        foreach (var (key, claims) in asked.SelectMany(a => a.Pods.Select(pod => (Pod: pod, a.File))).GroupBy(claim => claim.Pod.Key).Select(g => (g.Key, g.ToList())))
        {
            var uid = stored.GetValueOrDefault(key);
            var holder = uid is null ? null : unread.Concat(claims.Select(c => c.File)).FirstOrDefault(file => StaticPodUid.IsOf(uid, file));
            var winner = claims.FindIndex(claim => holder is null || claim.File == holder);
            if (winner >= 0)
            {
                wanted.Add(key, claims[winner]);
            }

            problems.AddRange(claims.Where((_, i) => i != winner).Select(claim => (claim.File, $"the pod {key.Namespace}/{key.Name} is in {holder ?? claims[0].File} already")));
        }

        return new StaticPodPlan(
            wanted,
            [.. stored.Where(pod => !wanted.ContainsKey(pod.Key) && !unread.Any(file => StaticPodUid.IsOf(pod.Value, file))).Select(pod => pod.Key)],
            problems);
    }
}
