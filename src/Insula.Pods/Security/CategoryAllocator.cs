using Insula.Linux;
using Insula.Pods.Workers;

namespace Insula.Pods.Security;

/// <summary>
/// Gives each pod a pair of SELinux categories that no other pod of this daemon has. At random, as other container engines do, whose
/// pairs nobody can know: of two on one machine, two containers get the same by chance in half a million.
/// </summary>
internal sealed class CategoryAllocator
{
    /// <summary>The file in a pod's directory: <c>c1,c2</c>.</summary>
    public const string FileName = "selinux-categories";

    private readonly PodHoldings<CategoryPair> _held;
    private readonly int _categories;

    /// <summary>An allocator over the directories of pods.</summary>
    /// <param name="podsDirectory">The directory of the pods' directories.</param>
    /// <param name="categories">How many the policy has. All have 1024; those of a policy with fewer would be refused by name.</param>
    public CategoryAllocator(string podsDirectory, int categories = 1024)
    {
        // What is on the disk of a volume is labelled with them, and a volume outlives a power cut.
        _held = new(podsDirectory, FileName, CategoryPair.TryParse, lasting: true);
        _categories = categories;
    }

    /// <inheritdoc cref="PodHoldings{T}.Adopt"/>
    public void Adopt() => _held.Adopt();

    /// <summary>The pod's categories: those it has, or new ones. Its directory must exist.</summary>
    /// <param name="uid">The pod.</param>
    /// <exception cref="NotSupportedException">All are taken.</exception>
    /// <exception cref="LinuxException">They cannot be written down.</exception>
    public CategoryPair Of(string uid) => _held.Of(uid, Choose);

    /// <inheritdoc cref="PodHoldings{T}.Release"/>
    public void Release(string uid) => _held.Release(uid);

    private CategoryPair Choose(IReadOnlyCollection<CategoryPair> held)
    {
        var pairs = _categories * (_categories - 1) / 2;
        var taken = held.ToHashSet();
        var first = Random.Shared.Next(pairs);
        for (var i = 0; i < pairs; i++)
        {
            if (Pair((first + i) % pairs) is var pair && !taken.Contains(pair))
            {
                return pair;
            }
        }

        throw new NotSupportedException($"all {pairs} pairs of categories are taken by pods");
    }

    // c0,c1, c0,c2, c1,c2, c0,c3, …: those whose higher one is c(n) begin at n(n-1)/2.
    private static CategoryPair Pair(int index)
    {
        var high = (int)((1 + Math.Sqrt(1 + (8.0 * index))) / 2);
        return new CategoryPair(index - (high * (high - 1) / 2), high);
    }
}
